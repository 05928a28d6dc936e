import type { RunEvent, StreamName } from "../protocol/events.ts";
import type { Ending } from "../protocol/run.ts";
import type { LocalInput, Refusal, View } from "./run-view.ts";

/** The element's own events; all bubble and leave shadow roots. */
export interface DeferredRunnerEventMap {
  "deferred-runner:state": CustomEvent<{ state: View["state"]; run: string | undefined }>;
  "deferred-runner:output": CustomEvent<{ run: string; stream: StreamName; text: string }>;
  "deferred-runner:ended": CustomEvent<Ending & { run: string; result_url: string }>;
  "deferred-runner:refused": CustomEvent<Refusal>;
}

/** Dispatches from `element` what the step from `before` to `after`, caused by `input` if by any, means to a page. */
export function tellOf(
  element: Element,
  before: View,
  after: View,
  input?: RunEvent | LocalInput,
): void {
  const tell = <Name extends keyof DeferredRunnerEventMap>(
    name: Name,
    detail: DeferredRunnerEventMap[Name]["detail"],
  ) => element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));

  const { run, state, ending, refusal } = after;
  if (state !== before.state) tell("deferred-runner:state", { state, run: run?.id });
  if (run && input?.type === "output") {
    tell("deferred-runner:output", { run: run.id, stream: input.stream, text: input.text });
  }
  if (run && ending && !before.ending) {
    tell("deferred-runner:ended", { ...ending, run: run.id, result_url: run.result_url });
  }
  if (refusal && !before.refusal) tell("deferred-runner:refused", refusal);
}
