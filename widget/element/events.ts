import type { StreamName } from "../../protocol/events.ts";
import type { Ending } from "../../protocol/run.ts";
import type { Refusal, View } from "./view.ts";

/** The element's own events. All bubble and are composed. */
export interface DeferredRunnerEventMap {
  "deferred-runner:state": CustomEvent<{ state: View["state"]; run: string | undefined }>;
  "deferred-runner:output": CustomEvent<{ run: string; stream: StreamName; text: string }>;
  "deferred-runner:ended": CustomEvent<Ending & { run: string; result_url: string }>;
  "deferred-runner:refused": CustomEvent<Refusal>;
}

export function dispatch<Name extends keyof DeferredRunnerEventMap>(
  element: Element,
  name: Name,
  detail: DeferredRunnerEventMap[Name]["detail"],
): void {
  element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}
