import type { Work } from "../../../protocol/responder.ts";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { DEFAULT_LIMITS } from "../../../protocol/limits.ts";
import type { LaunchFile } from "../../../protocol/registration.ts";
import { createBodies } from "../../../server/http/bodies/bodies.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { createFleet } from "../../../server/fleet/fleet.ts";
import type { MachineKinds } from "../../../server/providers/provider.ts";
import type { FleetPolicy } from "../../../server/providers/policy.ts";
import { createProjects } from "../../../server/projects/projects.ts";
import { createSealing } from "../../../server/database/sealing.ts";
import { createRegistration, registrationToken } from "../../../server/responders/registration.ts";
import { responderRoutes } from "../../../server/responders/routes.ts";
import { createAttemptCalls } from "../../../server/commands/attempt-calls.ts";
import { createClaimLedger } from "../../../server/runs/claim-ledger.ts";
import { createClaims } from "../../../server/runs/claims.ts";
import { createFeed } from "../../../server/runs/feed.ts";
import { createLeases } from "../../../server/runs/leases.ts";
import { createRuns } from "../../../server/runs/runs.ts";
import { submit } from "../../../server/runs/submit.ts";
import { createFsStorage } from "../../../server/storage/fs.ts";
import { onError } from "../../../server/http/problem.ts";
import { eventually } from "../../eventually.ts";
import { registerMachine, registration, type Call } from "../played-machine.ts";
import { playedCompute } from "./played-compute.ts";
import { makeDataFolder } from "../../systems/data-folder.ts";

const url = "http://127.0.0.1:8080";
const secret = "s".repeat(32);

export const policy: FleetPolicy = {
  idleMs: 60_000,
  maxMachines: 2,
  maxInAll: Infinity,
  bootMs: 300_000,
  bootMostMs: 1_200_000,
  silentMs: 60_000,
  spare: 0,
  expectedSlots: 4,
  keptMs: 7 * 24 * 3_600_000,
  coolDown: { firstMs: 60_000, maxMs: 900_000 },
  budget: undefined,
  hints: true,
};

/** The fleet looks at least this often, or it knows that it stood still. */
const STEP_MS = 30_000;

/** What a stage leaves to the next. */
interface StageFolder {
  root: string;
  provider: ReturnType<typeof playedCompute>;
  clock: { at: number; offset: number };
}

export interface StageOptions {
  policy?: Partial<FleetPolicy>;
  provider?: ReturnType<typeof playedCompute>;
  kinds?: MachineKinds;
  /** Goes on where an earlier stage of the test ended. */
  from?: StageFolder;
}

export type Stage = Awaited<ReturnType<typeof startStage>>;

/**
 * Runs, responders' calls and the fleet over a real database, with a provider and a clock that the test
 * moves. The fleet's own timer sees no time go by unless the test lets it.
 */
export async function startStage({ policy: changes, from, ...given }: StageOptions = {}) {
  const root = from?.root ?? (await makeDataFolder("deferred-fleet-"));
  const provider = from?.provider ?? given.provider ?? playedCompute();
  const clock = from?.clock ?? { at: Date.UTC(2026, 0, 1, 12), offset: 0 };
  const now = () => clock.at + clock.offset;
  let stalledMs = 0;
  const logged: { msg: string; level: number }[] = [];
  const log = pino({ level: "info" }, { write: (line) => void logged.push(JSON.parse(line)) });
  const database = await openSqlite(join(root, "deferred.db"));
  const projects = createProjects({
    database,
    sealing: createSealing("for tests alone"),
    addresses: { allowPrivate: false },
    now,
  });
  const storage = createFsStorage({
    folder: join(root, "storage"),
    uploadUrl: url,
    url,
    secret,
    now,
  });
  const runsDeps = {
    database,
    storage,
    feed: createFeed(),
    addresses: { url, resultsUrl: url },
    secret,
    registry: projects,
    signReceipt: async () => "receipt",
    now,
    log,
    onDemand: () => fleet.reconsider(),
    onChanged: () => {},
    completeWork: async (row: { work: string }) => JSON.parse(row.work) as Work,
    ledger: createClaimLedger(),
  };
  const runs = createRuns(runsDeps);
  const leases = createLeases({ ...runsDeps, offerEvents() {} }, runs);
  const fleet = createFleet({
    database,
    compute: provider.compute,
    runs,
    leases,
    policy: { ...policy, ...changes },
    kinds: given.kinds,
    release: "0.10.0",
    launchFile: (launchId) => ({
      server_url: url,
      launch_id: launchId,
      registration_token: registrationToken(secret, launchId),
      idle_s: 60,
      unreachable_s: 600,
    }),
    now,
    steady: () => clock.at,
    loop: {
      away() {
        const ms = stalledMs;
        stalledMs = 0;
        return ms;
      },
      end() {},
    },
    log,
  });
  const { attemptsLost } = leases;
  const app = new Hono();
  const bodies = createBodies({ folder: root, caller: () => undefined, refused() {} });
  app.use(bodies.account());
  app.route(
    "/v1/responder",
    responderRoutes({
      registration: createRegistration({ database, secret, serverUrl: url, now, attemptsLost }),
      claims: createClaims(runsDeps, runs),
      leases,
      commands: createAttemptCalls({ ...runsDeps, runs, leases }),
      fleet,
    }),
  );
  app.onError(onError(log));
  const call: Call = async (method, path, body, headers) =>
    app.request(path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body ?? {}),
    });
  fleet.begin();

  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await fleet.close();
    await database.close();
  };
  onTestFinished(async () => {
    await close();
    if (!from) await rm(root, { recursive: true, force: true });
  });

  return {
    root,
    provider,
    storage,
    clock,
    logged,
    database,
    runs,
    fleet,
    call,
    close,

    /** Lets time go by, and the fleet see that it did. */
    async pass(ms: number): Promise<void> {
      for (let left = ms; left > 0; left -= STEP_MS) {
        clock.at += Math.min(left, STEP_MS);
        await fleet.tick();
      }
    },

    /** Time goes by while the server stands still. */
    async stall(ms: number): Promise<void> {
      clock.at += ms;
      stalledMs = ms;
      await fleet.tick();
    },

    /** Asks for a run in the name of `project`. */
    async run(project = "local/demo"): Promise<string> {
      const work = {
        kind: "block",
        runtime: "python",
        code: "print(1)\n",
        inputs: {},
        limits: DEFAULT_LIMITS,
      } as const;
      const { run } = await database.write(async (trx) => {
        const known = { slug: project, created_at: 0 };
        await trx
          .insertInto("projects")
          .values(known)
          .onConflict((on) => on.doNothing())
          .execute();
        const claims = { iss: project, iat: 0, jti: randomUUID(), code: "", runtime: "python" };
        const digests = { blockDigest: randomUUID(), codeDigest: "", inputsDigest: "" };
        const request = { claims, work, title: "print", ...digests, runKey: null };
        return submit(trx, request, undefined, now());
      });
      fleet.reconsider();
      return run.id;
    },

    view: (id: string) => runs.view(id),

    /** Resolves when `holds` is true of the run. */
    until: (id: string, holds: (view: Awaited<ReturnType<typeof runs.view>>) => boolean) =>
      eventually(async () => {
        const view = await runs.view(id);
        return holds(view) ? view : undefined;
      }),

    /** What was said to the run, in order. */
    async events(id: string): Promise<Record<string, unknown>[]> {
      const rows = await database.queries
        .selectFrom("events")
        .select("body")
        .where("run", "=", id)
        .orderBy("id")
        .execute();
      return rows.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    },

    /** Every machine's state on record, in the order they were asked for. */
    async states(): Promise<string[]> {
      const rows = await database.queries
        .selectFrom("machines")
        .select("state")
        .orderBy("requested_at")
        .execute();
      return rows.map(({ state }) => state);
    },

    wakes: () => database.queries.selectFrom("wakes").selectAll().orderBy("requested_at").execute(),

    /** Resolves once all that the provider was asked for are `calls`. */
    asked: (...calls: string[]) =>
      eventually(async () =>
        JSON.stringify(provider.calls) === JSON.stringify(calls) ? true : undefined,
      ),

    /** The launch file of launch `number`, once the provider has it. */
    launched: (number = 1): Promise<LaunchFile> =>
      eventually(async () => provider.launchFiles[number - 1]),

    /** A machine's responder registers, each time as another boot of the same machine. */
    register: (launch: LaunchFile) =>
      call(
        "POST",
        "/v1/responder/register",
        registration(launch, { keys: provider.keysOf(launch) }),
      ),

    /** A machine comes up. */
    boots: (launch: LaunchFile, release?: string) =>
      registerMachine(call, launch, { keys: provider.keysOf(launch), ...(release && { release }) }),
  };
}
