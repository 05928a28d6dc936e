import { fromJson, toJson } from "../database/json.ts";
import { createHash } from "node:crypto";
import type { Actor } from "../../protocol/actors.ts";
import type { Delivery } from "../../protocol/deliveries.ts";
import type { Commands } from "../commands/commands.ts";
import type { Database, Trx } from "../database/database.ts";
import { newId } from "../database/ids.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Project, Projects } from "../projects/projects.ts";
import { createDeliveryList, deliveryOf, type DeliveryRow } from "./delivery-list.ts";
import type { Decision } from "./decision.ts";
import { moveRef } from "./known-refs.ts";
import { orderFromPush, whereOf, type Order } from "./order.ts";
import { payloadOf } from "./payload.ts";
import { HOOK_PROVIDERS, type ProviderName } from "./providers.ts";
import { foundDigest, sameAs } from "./repeats.ts";

export interface DeliveriesDeps {
  database: Database;
  projects: Projects;
  commands: Pick<Commands, "submit" | "submitIfRoom" | "announce">;
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
}
type Outcome = Pick<DeliveryRow, "outcome" | "detail" | "run">;

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
    facts: Facts,
    decision: Decision,
    replay: Replay | undefined,
  ): Promise<DeliveryRow> {
    const { row, run } = await database.write((trx) => storeIn(trx, facts, decision, replay));
    if (run) commands.announce(run);
    return row;
  }

  async function storeIn(trx: Trx, facts: Facts, decision: Decision, replay: Replay | undefined) {
    await keepDefaultBranch(trx, facts.project, decision);
    const isNew = replay === undefined;
    // A look at the repository reports only refs that moved, so a found push may be known already.
    const mayBeKnown = isNew && facts.body_digest !== foundDigest(decision.moved);
    const earlier = mayBeKnown ? await sameAs(trx, facts, decision, now()) : undefined;
    if (decision.moved && isNew) await moveRef(trx, facts.project, decision.moved, now());
    const order = await orderFromPush(trx, facts.project, decision, replay?.of ?? null);
    const submit = isNew ? "submit" : "submitIfRoom";
    const actor: Actor = replay?.by ?? { kind: "webhook", id: "webhook", name: facts.provider };
    const wanted = earlier ? undefined : order.run;
    const made = wanted && (await commands[submit](trx, { ...wanted, actor }));
    const stored: DeliveryRow = {
      ...facts,
      ...outcomeOf(order, earlier, made),
      id: newId(),
      number: await nextNumber(trx),
      received_at: now(),
      replay_of: replay?.of ?? null,
      replayed_by: replay ? toJson(replay.by) : null,
    };
    await trx.insertInto("deliveries").values(stored).execute();
    return { row: stored, run: made };
  }

  return {
    list: deliveries.list,
    whole: deliveries.whole,

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
      return deliveryOf(await store(facts, decide(provider, payload, event, project), undefined));
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
        return told ? undefined : storeIn(trx, facts, decision, undefined);
      });
      if (stored?.run) commands.announce(stored.run);
      return stored && deliveryOf(stored.row);
    },

    /**
     * Decides on the delivery again, by the project's current rules. Throws `delivery_not_replayable`,
     * `project_queue_full` or `queue_full`.
     */
    async replay(slug: string, id: string, by: Actor): Promise<Delivery> {
      const row = await deliveries.find(slug, id);
      const { project, provider, event, delivery_id, body_digest, headers, body } = row;
      const contentType = fromJson(headers)["content-type"];
      const payload = payloadOf(body, contentType);
      const decision = decide(provider, payload, event, await projects.get(slug));
      if (!decision.run) throw new ApiError("delivery_not_replayable", decision.ignored);
      const facts = { project, provider, event, delivery_id, body_digest, headers, body };
      return deliveryOf(await store(facts, decision, { of: id, by }));
    },
  };
}

function outcomeOf(
  order: Order,
  earlier: Pick<DeliveryRow, "id" | "run"> | undefined,
  made: { id: string } | undefined,
): Outcome {
  if (earlier) {
    const detail = `It came before, as delivery ${earlier.id}.`;
    return { outcome: "duplicate", detail, run: earlier.run };
  }
  if (order.run && made) {
    return { outcome: "run", detail: `It made a run at ${whereOf(order.run)}.`, run: made.id };
  }
  return { outcome: "ignored", detail: order.ignored ?? "", run: null };
}

function decide(
  provider: ProviderName,
  payload: unknown,
  event: string,
  project: Project,
): Decision {
  if (payload === undefined) return { ignored: "Its body is not JSON." };
  const decision = HOOK_PROVIDERS[provider].decide(payload, event, project);
  if (!decision.run || project.repository !== null) return decision;
  return {
    ignored: "The project has no repository: set one with deferred projects set --repo URL.",
  };
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
