import * as v from "valibot";
import { ActorSchema } from "./actors.ts";

/** One incoming webhook, without its body. */
export const DeliverySchema = v.object({
  id: v.string(),
  provider: v.picklist(["github", "gitlab", "generic"]),
  /** The provider's name of the event: `push`, `ping`, `pull_request`. */
  event: v.string(),
  /** The provider's own id of the delivery. */
  delivery_id: v.nullable(v.string()),
  received_at: v.string(),
  /**
   * `run`: it made the run. `duplicate`: an earlier one made `run`. `held`: it waits for an approval. `ignored`: it
   * starts nothing.
   */
  outcome: v.picklist(["run", "duplicate", "held", "ignored"]),
  /** The reason, as a sentence. */
  detail: v.string(),
  run: v.nullable(v.string()),
  /** The delivery that this one replays. */
  replay_of: v.nullable(v.string()),
  /** Who asked for the replay; null for a delivery that a provider sent. */
  replayed_by: v.optional(v.nullable(ActorSchema)),
});
export type Delivery = v.InferOutput<typeof DeliverySchema>;

/** Whether a look at the repository found the push without a delivery. Signed hooks always have an id. */
export function isFound(
  delivery: Pick<Delivery, "provider" | "delivery_id" | "replay_of">,
): boolean {
  const { provider, delivery_id, replay_of } = delivery;
  return provider === "generic" && delivery_id === null && replay_of === null;
}

/** Answer to `POST /v1/hooks/{provider}/{hook_id}`. */
export const HookAnswerSchema = v.object({
  /** The delivery's id on this server. */
  delivery: v.string(),
  outcome: DeliverySchema.entries.outcome,
  detail: v.string(),
  run: v.optional(v.string()),
});
export type HookAnswer = v.InferOutput<typeof HookAnswerSchema>;
/** Webhooks that were refused for their signature, and are not stored. */
const RefusedDeliveriesSchema = v.object({
  provider: DeliverySchema.entries.provider,
  /** The code of the problem in the answer. */
  code: v.string(),
  count: v.number(),
  first_at: v.string(),
  last_at: v.string(),
});
export type RefusedDeliveries = v.InferOutput<typeof RefusedDeliveriesSchema>;
export const DeliveryListSchema = v.object({
  deliveries: v.array(DeliverySchema),
  refused: v.array(RefusedDeliveriesSchema),
});
/** The delivery with its headers, except signatures, and its unchanged body. */
export const DeliveryViewSchema = v.object({
  ...DeliverySchema.entries,
  headers: v.record(v.string(), v.string()),
  body: v.string(),
});
export type DeliveryView = v.InferOutput<typeof DeliveryViewSchema>;
