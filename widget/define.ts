import { DeferredRunnerElement } from "./deferred-runner.ts";
import type { DeferredRunnerEventMap } from "./element/events.ts";

// A page may load the script twice, from a post and from its layout: the first definition stays. Node has no registry.
const registry = globalThis.customElements as CustomElementRegistry | undefined;
if (registry && !registry.get("deferred-runner")) {
  registry.define("deferred-runner", DeferredRunnerElement);
}

declare global {
  interface HTMLElementTagNameMap {
    "deferred-runner": DeferredRunnerElement;
  }
  interface HTMLElementEventMap extends DeferredRunnerEventMap {}
}

export { DeferredRunnerElement, type DeferredRunnerEventMap };
