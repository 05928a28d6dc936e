import type { RunEvent, StreamName } from "../../protocol/events.ts";
import type { Ending } from "../../protocol/run.ts";
import type { Refusal, View } from "./view.ts";

/** The element's own events. All bubble and are composed. */
export interface DeferredRunnerEventMap {
  "deferred-runner:state": CustomEvent<{ state: View["state"]; run: string | undefined }>;
  "deferred-runner:output": CustomEvent<{ run: string; stream: StreamName; text: string }>;
  "deferred-runner:ended": CustomEvent<Ending & { run: string; result_url: string }>;
  "deferred-runner:refused": CustomEvent<Refusal>;
}

/** Dispatches from `element` the events for a change from `before` to `after`; `event` of the run caused it, if any. */
export function dispatchChanges(
  element: Element,
  before: View,
  after: View,
  event?: RunEvent,
): void {
  const dispatch = <Name extends keyof DeferredRunnerEventMap>(
    name: Name,
    detail: DeferredRunnerEventMap[Name]["detail"],
  ) => element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));

  const { run, state, ending, refusal } = after;
  if (state !== before.state) dispatch("deferred-runner:state", { state, run: run?.id });
  if (run && event?.type === "output") {
    dispatch("deferred-runner:output", { run: run.id, stream: event.stream, text: event.text });
  }
  if (run && ending && !before.ending) {
    dispatch("deferred-runner:ended", { ...ending, run: run.id, result_url: run.result_url });
  }
  if (refusal && !before.refusal) dispatch("deferred-runner:refused", refusal);
}
