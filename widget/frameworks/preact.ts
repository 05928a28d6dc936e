import type { ClassAttributes, HTMLAttributes } from "preact";
import type { DeferredRunnerElement } from "../deferred-runner.ts";
import type { DeferredRunnerAttributes, DeferredRunnerListeners } from "./attributes.ts";

export { DeferredRunnerElement, type DeferredRunnerEventMap } from "../define.ts";

export type DeferredRunnerProps = HTMLAttributes<DeferredRunnerElement> &
  ClassAttributes<DeferredRunnerElement> &
  DeferredRunnerAttributes &
  DeferredRunnerListeners;

// `import "deferred-runner/preact"` defines the element, and declares it to TypeScript for JSX.
declare module "preact" {
  namespace JSX {
    interface IntrinsicElements {
      "deferred-runner": DeferredRunnerProps;
    }
  }
}
