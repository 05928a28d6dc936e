import type { MachineBudget, MachineList, MachineView, WakeView } from "../../protocol/machines.ts";
import { isOlderRelease } from "../../protocol/releases.ts";
import { projectOfPool, projectPool, strangersPool } from "../commands/pools.ts";
import type { Queries } from "../database/database.ts";
import { fromJson } from "../database/json.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type { MachineKinds } from "../providers/provider.ts";
import { dayOf, hoursOf, renewsAt, usedToday } from "./budget.ts";
import { describeEnd } from "./describe-end.ts";
import { readMachineSettings, ownBudgets, settingsOfPool } from "./machine-settings.ts";
import { findMachine, parseReason, runtimesOf, type MachineRow } from "./machines.ts";
import { usualOf } from "./wake-figures.ts";
import { lastPaid, pricedWakes, wakeKind, type WakeRow } from "./wakes.ts";

export interface MachineViewsDeps {
  queries: Queries;
  policy: Pick<FleetPolicy, "budget">;
  kinds: MachineKinds | undefined;
  /** Of this server. */
  release?: string | undefined;
  now: () => number;
}

export type MachineViews = ReturnType<typeof createMachineViews>;

/** Machines that are gone in a list. */
const GONE_LISTED = 20;
/** Wakes in a list. */
const WAKES_LISTED = 50;
const HOUR_MS = 3_600_000;

/** Machines as people see them. */
export function createMachineViews(deps: MachineViewsDeps) {
  const { queries, policy, kinds, release, now } = deps;

  async function viewsOf(rows: readonly MachineRow[]): Promise<MachineView[]> {
    if (rows.length === 0) return [];
    const ids = rows.map(({ launch_id: id }) => id);
    const wakes = await queries
      .selectFrom("wakes")
      .selectAll()
      .where("machine", "in", ids)
      .orderBy("number", "desc")
      .execute();
    const held = await queries
      .selectFrom("runs")
      .select(["id", "machine"])
      .where("state", "=", "running")
      .where("machine", "in", ids)
      .execute();
    const wakesOf = Map.groupBy(wakes, ({ machine }) => machine);
    const runsOf = Map.groupBy(held, ({ machine }) => machine);
    return rows.map((row) =>
      viewOf(row, {
        wakes: wakesOf.get(row.launch_id) ?? [],
        runs: (runsOf.get(row.launch_id) ?? []).map(({ id }) => id),
        ...{ kinds, release, now: now() },
      }),
    );
  }

  async function budgetOf(project: string | undefined): Promise<MachineBudget> {
    const at = now();
    const used = usedToday(await pricedWakes(queries, dayOf(at), at), at);
    const own = ownBudgets(await readMachineSettings(queries));
    const limits = policy.budget && { ...policy.budget, own };
    const limit = project === undefined ? limits?.hours : limits && hoursOf(project, limits);
    return {
      used_hours: rounded(project === undefined ? used.all : (used.projects.get(project) ?? 0)),
      limit_hours: limit ?? null,
      renews_at: momentOf(renewsAt(at)),
    };
  }

  return {
    /** The machines of all pools or of one project's, those that are gone last, with their wakes. */
    async list(project?: string): Promise<MachineList> {
      const pools =
        project === undefined ? undefined : [projectPool(project), strangersPool(project)];
      let alive = queries.selectFrom("machines").selectAll().where("state", "<>", "gone");
      let gone = queries.selectFrom("machines").selectAll().where("state", "=", "gone");
      let wakes = queries.selectFrom("wakes").selectAll().where("how", "<>", "charge");
      if (pools) {
        alive = alive.where("pool", "in", pools);
        gone = gone.where("pool", "in", pools);
        wakes = wakes.where("pool", "in", pools);
      }
      const rows = [
        ...(await alive.orderBy("requested_at", "desc").execute()),
        ...(await gone.orderBy("ended_at", "desc").limit(GONE_LISTED).execute()),
      ];
      const last = await wakes.orderBy("requested_at", "desc").limit(WAKES_LISTED).execute();
      const usual = usualOf(last.filter(({ registered_at: at }) => at !== null));
      const settings = await readMachineSettings(queries);
      return {
        machines: await viewsOf(rows),
        wakes: last.map(wakeViewOf),
        ...(usual && { usual }),
        budget: await budgetOf(project),
        settings: settingsOfPool(settings, pools?.[0] ?? "shared"),
      };
    },

    /** The project whose machine it is, empty for one of the shared pool; undefined: there is no such machine. */
    async projectOf(id: string): Promise<string | undefined> {
      const row = await findMachine(queries, id);
      return row && projectOfPool(row.pool);
    },

    async one(id: string): Promise<{ machine: MachineView; wakes: WakeView[] } | undefined> {
      const row = await findMachine(queries, id);
      if (!row) return undefined;
      const [machine] = await viewsOf([row]);
      const wakes = await queries
        .selectFrom("wakes")
        .selectAll()
        .where("machine", "=", id)
        .where("how", "<>", "charge")
        .orderBy("number", "desc")
        .limit(WAKES_LISTED)
        .execute();
      return machine && { machine, wakes: wakes.map(wakeViewOf) };
    },
  };
}

interface ViewFacts {
  /** The newest first. */
  wakes: readonly WakeRow[];
  runs: string[];
  kinds: MachineKinds | undefined;
  release: string | undefined;
  now: number;
}

function viewOf(row: MachineRow, facts: ViewFacts): MachineView {
  const { wakes, runs, kinds, release: newest = "", now } = facts;
  const { state, type, market, project } = row;
  const hours = wakes
    .filter(({ counted }) => counted === 1)
    .reduce((sum, wake) => {
      const until = wake.ended_at ?? lastPaid(row, now);
      return sum + Math.max(0, until - wake.requested_at) / HOUR_MS;
    }, 0);
  const price = type === null || market === null ? undefined : kinds?.price(type, market);
  const about = fromJson(row.about);
  const isOver = state === "stopped" || state === "gone";
  return {
    id: row.launch_id,
    state,
    phase: row.phase,
    step: fromJson(row.step) ?? null,
    pool: row.pool,
    project: project === "" ? null : project,
    compute: row.compute,
    provider_id: row.provider_id,
    type,
    zone: row.zone,
    market,
    image: row.image,
    slots: row.slots,
    runs,
    runtimes: runtimesOf(row).map(({ name, version }) => ({ name, version })),
    host: about?.host ?? null,
    sandbox: about?.sandbox ?? null,
    release: about?.release ?? null,
    is_older: !isOver && isOlderRelease(about?.release ?? "", newest),
    since: momentOf(row.requested_at),
    ready_at: momentOf(row.registered_at),
    idle_since: state === "ready" && runs.length === 0 ? momentOf(row.idle_since) : null,
    last_seen_at: momentOf(row.last_seen_at),
    ended_at: isOver ? momentOf(state === "gone" ? row.ended_at : row.stopped_at) : null,
    came: fromJson(wakes.find(({ how }) => how !== "charge")?.cause ?? null) ?? null,
    went: wentOf(row.reason, fromJson(row.asked_by)),
    hours: rounded(hours),
    cost: price === undefined ? null : Math.round(price * hours * 1e6) / 1e6,
  };
}

function wakeViewOf(wake: WakeRow): WakeView {
  const { requested_at: at, registered_at: ready } = wake;
  return {
    machine: wake.machine,
    pool: wake.pool,
    kind: wakeKind(wake),
    at: momentOf(at),
    // Negative where the clock was set back in between.
    ready_s: ready === null ? null : Math.max(0, ready - at) / 1000,
    ended_at: momentOf(wake.ended_at),
    came: fromJson(wake.cause) ?? null,
    went: wentOf(wake.reason, fromJson(wake.ended_by)),
  };
}

function wentOf(text: string | null, by: NonNullable<MachineView["went"]>["by"]) {
  const reason = parseReason(text);
  return reason === undefined ? null : { reason, says: describeEnd(reason), ...(by && { by }) };
}

function momentOf(at: number): string;
function momentOf(at: number | null): string | null;
function momentOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function rounded(hours: number): number {
  return Math.round(hours * 10_000) / 10_000;
}
