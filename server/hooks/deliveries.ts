import { fromJson, toJson } from "../database/json.ts";
import { createHash } from "node:crypto";
import type { Actor } from "../../protocol/actors.ts";
import type { Delivery } from "../../protocol/deliveries.ts";
import type { Commands } from "../commands/commands.ts";
import type { Database, Trx } from "../database/database.ts";
import { newId } from "../database/ids.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Project, Projects } from "../projects/projects.ts";
import type { RunRow } from "../runs/record.ts";
import { approvalNeeded, approveAuthor } from "./approvals.ts";
import { createDeliveryList, deliveryOf, type DeliveryRow } from "./delivery-list.ts";
import type { Decision } from "./decision.ts";
import { moveRef } from "./known-refs.ts";
import { orderFromPush } from "./order.ts";
import { decide, outcomeOf } from "./outcome.ts";
import { payloadOf } from "./payload.ts";
import { HOOK_PROVIDERS, type ProviderName } from "./providers.ts";
import { foundDigest, sameAs } from "./repeats.ts";

export interface DeliveriesDeps {
  database: Database;
  projects: Projects;
  commands: Pick<Commands, "submit" | "submitIfRoom" | "announce" | "cancelOlder">;
  now: () => number;
}

export type Deliveries = ReturnType<typeof createDeliveries>;

/** A delivery with a valid signature. */
export interface Arrived {
  project: Project;
  provider: ProviderName;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Facts stored of every delivery, whatever its outcome. */
type Facts = Pick<
  DeliveryRow,
  "project" | "provider" | "event" | "delivery_id" | "body_digest" | "headers" | "body"
>;
/** The delivery that is done again, and by whom. */
interface Replay {
  of: string;
  by: Actor;
  /** Whether later pull requests of its author run, too. */
  approves: boolean;
}
/** The part of a project that decides about its deliveries. */
type Owner = Pick<Project, "slug" | "settings">;

const TOO_MANY =
  "A look at the repository found it, among too many others to run: run it with deferred exec.";

/** A push for which no delivery came. */
export interface FoundPush {
  ref: string;
  object: string;
  commit: string;
  began: number;
  run: boolean;
}

/** Incoming webhooks: each is stored whole, with its outcome. */
export function createDeliveries({ database, projects, commands, now }: DeliveriesDeps) {
  const deliveries = createDeliveryList(database.queries);

  /** Stores a delivery and its run in one transaction, so that neither exists alone. */
  async function store(
    project: Owner,
    facts: Facts,
    decision: Decision,
    replay: Replay | undefined,
  ): Promise<DeliveryRow> {
    const stored = await database.write((trx) => storeIn(trx, project, facts, decision, replay));
    await begin(project, stored, replay === undefined);
    return stored.row;
  }

  /** Announces the run of a stored delivery. A new push may cancel those before it. */
  async function begin({ settings }: Owner, { run, row }: Stored, isNew: boolean): Promise<void> {
    if (!run) return;
    commands.announce(run);
    if (settings.cancel_outdated && isNew) await commands.cancelOlder(run, senderOf(row.provider));
  }

  async function storeIn(
    trx: Trx,
    project: Owner,
    facts: Facts,
    decision: Decision,
    replay: Replay | undefined,
  ): Promise<Stored> {
    await keepDefaultBranch(trx, facts.project, decision);
    const isNew = replay === undefined;
    // A look at the repository reports only refs that moved, so a found push may be known already.
    const mayBeKnown = isNew && facts.body_digest !== foundDigest(decision.moved);
    const earlier = mayBeKnown ? await sameAs(trx, facts, decision, now()) : undefined;
    if (decision.moved && isNew) await moveRef(trx, facts.project, decision.moved, now());
    const order = await orderFromPush(trx, facts.project, decision, replay?.of ?? null);
    const submit = isNew ? "submit" : "submitIfRoom";
    const actor = replay?.by ?? senderOf(facts.provider);
    const held =
      isNew && !earlier && decision.run && order.run
        ? await approvalNeeded(trx, project, facts.provider, decision.run)
        : undefined;
    if (replay?.approves) await approve(trx, facts, decision, replay.by);
    const wanted = earlier || held !== undefined ? undefined : order.run;
    const made = wanted && (await commands[submit](trx, { ...wanted, actor }));
    const stored: DeliveryRow = {
      ...facts,
      ...outcomeOf(order, { earlier, held, made }),
      id: newId(),
      number: await nextNumber(trx),
      received_at: now(),
      replay_of: replay?.of ?? null,
      replayed_by: replay ? toJson(replay.by) : null,
    };
    await trx.insertInto("deliveries").values(stored).execute();
    return { row: stored, run: made };
  }

  async function approve(trx: Trx, facts: Facts, { run }: Decision, by: Actor): Promise<void> {
    if (!run?.stranger || !run.author) return;
    const { project, provider } = facts;
    await approveAuthor(trx, { project, provider, author: run.author }, by, now());
  }

  return {
    list: deliveries.list,
    replayed: deliveries.replayed,
    whole: deliveries.whole,
    pingCameSince: deliveries.pingCameSince,

    /** Decides on the delivery and stores it with the decision. The answer does not wait for the run. */
    async receive({ project, provider, headers, body }: Arrived): Promise<Delivery> {
      const header = (name: string) => headers[name];
      const text = Buffer.from(body).toString("utf8");
      const payload = payloadOf(text, header("content-type"));
      const event = HOOK_PROVIDERS[provider].event(header, payload) ?? "unknown";
      const facts: Facts = {
        project: project.slug,
        provider,
        event: event.slice(0, 100),
        delivery_id: HOOK_PROVIDERS[provider].id(header)?.slice(0, 200) ?? null,
        body_digest: createHash("sha256").update(body).digest("base64url"),
        headers: toJson(headers),
        body: text,
      };
      const decision = decide(provider, payload, event, project);
      return deliveryOf(await store(project, facts, decision, undefined));
    },

    /**
     * Decides on and stores a push that a look at the repository found, as if it were a generic delivery.
     * `began` is when the look began. Undefined where a delivery reported the branch or tag since then.
     */
    async found(project: Project, push: FoundPush): Promise<Delivery | undefined> {
      const { ref, object, commit, began } = push;
      const moved = { ref, after: object };
      const payload = { type: "push", data: { ref, commit } };
      const decided = decide("generic", payload, "push", project);
      const decision = push.run ? { ...decided, moved } : { ignored: TOO_MANY, moved };
      const facts: Facts = {
        project: project.slug,
        provider: "generic",
        event: "push",
        delivery_id: null,
        body_digest: foundDigest(moved)!,
        headers: toJson({ "content-type": "application/json" }),
        body: JSON.stringify(payload),
      };
      const stored = await database.write(async (trx) => {
        const told = await trx
          .selectFrom("known_refs")
          .select("ref")
          .where("project", "=", project.slug)
          .where("ref", "=", ref)
          .where("moved_at", ">=", began)
          .executeTakeFirst();
        return told ? undefined : storeIn(trx, project, facts, decision, undefined);
      });
      if (stored) await begin(project, stored, true);
      return stored && deliveryOf(stored.row);
    },

    /**
     * Decides on the delivery again, by the project's current rules, whether or not it was held; `approves`: later
     * pull requests of its author run as well. Throws `delivery_not_replayable`, `project_queue_full` or `queue_full`.
     */
    async replay(slug: string, id: string, by: Actor, approves = false): Promise<Delivery> {
      const row = await deliveries.find(slug, id);
      const { project, provider, event, delivery_id, body_digest, headers, body } = row;
      const contentType = fromJson(headers)["content-type"];
      const payload = payloadOf(body, contentType);
      const owner = await projects.get(slug);
      const decision = decide(provider, payload, event, owner);
      if (!decision.run) throw new ApiError("delivery_not_replayable", decision.ignored);
      const facts = { project, provider, event, delivery_id, body_digest, headers, body };
      return deliveryOf(await store(owner, facts, decision, { of: id, by, approves }));
    },
  };
}

/** A delivery after it was stored, with the run that it made. */
interface Stored {
  row: DeliveryRow;
  run: RunRow | undefined;
}

function senderOf(provider: ProviderName): Actor {
  return { kind: "webhook", id: "webhook", name: provider };
}

/** Throws `hook_not_found` where the project was removed meanwhile. */
async function keepDefaultBranch(trx: Trx, slug: string, { defaultBranch }: Decision) {
  const project = await trx
    .selectFrom("projects")
    .select(["default_branch", "removed_at"])
    .where("slug", "=", slug)
    .executeTakeFirst();
  if (project?.removed_at !== null) throw new ApiError("hook_not_found");
  if (defaultBranch === undefined || defaultBranch === project.default_branch) return;
  await trx
    .updateTable("projects")
    .set({ default_branch: defaultBranch })
    .where("slug", "=", slug)
    .execute();
}

async function nextNumber(trx: Trx): Promise<number> {
  const last = await trx
    .selectFrom("deliveries")
    .select("number")
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  return (last?.number ?? 0) + 1;
}
