import type { DefineComponent, HTMLAttributes } from "vue";
import type { DeferredRunnerAttributes } from "./attributes.ts";

// `import "deferred-runner/vue"` defines the element, and tells Vue's checker of the element in templates.
declare module "vue" {
  interface GlobalComponents {
    "deferred-runner": DefineComponent<DeferredRunnerAttributes & HTMLAttributes>;
  }
}

export { DeferredRunnerElement, type DeferredRunnerEventMap } from "../define.ts";
