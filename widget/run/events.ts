import type { RunEvent } from "../../protocol/events.ts";
import { dispatch } from "../element/events.ts";
import type { View } from "../element/view.ts";

/** Dispatches from `element` what is new in `after`; `event` of the run caused it, if any. */
export function dispatchRunEvents(
  element: Element,
  before: View,
  after: View,
  event?: RunEvent,
): void {
  const { run, ending, refusal } = after;
  if (run && event?.type === "output") {
    const { stream, text } = event;
    dispatch(element, "deferred-runner:output", { run: run.id, stream, text });
  }
  if (run && ending && !before.ending) {
    const { id, result_url } = run;
    dispatch(element, "deferred-runner:ended", { ...ending, run: id, result_url });
  }
  if (refusal && !before.refusal) dispatch(element, "deferred-runner:refused", refusal);
}
