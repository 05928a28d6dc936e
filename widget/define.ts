import { DeferredRunnerElement } from "./deferred-runner.ts";
import { lazyPart } from "./element/lazy-part.ts";
import type { DeferredRunnerEventMap } from "./element/events.ts";

const loadRunAll = lazyPart(() => import("./run-all/run-all.ts"));

/**
 * Runs the blocks of its page one after another, and stops at the first that does not succeed. Empty until scripts run.
 *
 * @tagname deferred-runner-all
 *
 * @attr {string} for - Id of the element whose blocks are run. Default: all blocks of the page.
 */
class DeferredRunnerAllElement extends (globalThis.HTMLElement ?? Object) {
  connectedCallback(): void {
    loadRunAll().then(
      ({ showRunAll }) => showRunAll(this),
      () => undefined,
    );
  }
}

// A page may load the script twice, from a post and from its layout: the first definition stays. Where pages are
// rendered there is no registry, or Lit's, which has no HTMLElement beside it.
const registry = globalThis.customElements as CustomElementRegistry | undefined;
if (registry && !registry.get("deferred-runner")) {
  registry.define("deferred-runner", DeferredRunnerElement);
  registry.define("deferred-runner-all", DeferredRunnerAllElement);
}

declare global {
  interface HTMLElementTagNameMap {
    "deferred-runner": DeferredRunnerElement;
  }
  interface HTMLElementEventMap extends DeferredRunnerEventMap {}
}

export { DeferredRunnerElement, type DeferredRunnerEventMap };
