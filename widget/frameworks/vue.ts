import type { DefineComponent, HTMLAttributes } from "vue";
import type { DeferredRunnerAttributes } from "./attributes.ts";

// `import "deferred-runner/vue"` defines the element, and declares it to Vue's type checker for templates.
declare module "vue" {
  interface GlobalComponents {
    "deferred-runner": DefineComponent<DeferredRunnerAttributes & HTMLAttributes>;
  }
}

export { DeferredRunnerElement, type DeferredRunnerEventMap } from "../define.ts";
