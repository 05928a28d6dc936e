import type { Refusal } from "../element/view.ts";
import { lazyPart } from "../element/lazy-part.ts";

const loadReadings = lazyPart(() => import("./source-text.ts"));

/** Adds what the page's code is like to a refusal because the author signed other code. */
export async function describedRefusal(refusal: Refusal, host: Element): Promise<Refusal> {
  // The server's detail is more exact.
  if (refusal.detail || !/^code_(mismatch|empty)$/.test(refusal.code)) return refusal;
  const readings = await loadReadings().catch(() => undefined);
  return { ...refusal, detail: readings?.describePageCode(host) };
}
