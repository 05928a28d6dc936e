import type { Project } from "../projects/projects.ts";
import type { Decision } from "./decision.ts";
import type { DeliveryRow } from "./delivery-list.ts";
import { whereOf, type Order } from "./order.ts";
import { HOOK_PROVIDERS, type ProviderName } from "./providers.ts";

type Outcome = Pick<DeliveryRow, "outcome" | "detail" | "run">;

/** The outcome of a delivery. */
export function outcomeOf(
  order: Order,
  {
    earlier,
    held,
    made,
  }: {
    /** The delivery that it repeats. */
    earlier: Pick<DeliveryRow, "id" | "run"> | undefined;
    /** Why it waits for an approval. */
    held: string | undefined;
    /** Its run. */
    made: { id: string } | undefined;
  },
): Outcome {
  if (held !== undefined) return { outcome: "held", detail: held, run: null };
  if (earlier) {
    const detail = `It came before, as delivery ${earlier.id}.`;
    return { outcome: "duplicate", detail, run: earlier.run };
  }
  if (order.run && made) {
    return { outcome: "run", detail: `It made a run at ${whereOf(order.run)}.`, run: made.id };
  }
  return { outcome: "ignored", detail: order.ignored ?? "", run: null };
}

/** The outcome of a delivery. */
export function decide(
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
