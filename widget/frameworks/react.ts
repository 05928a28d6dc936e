import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { DeferredRunnerElement } from "../deferred-runner.ts";
import type { DeferredRunnerAttributes, DeferredRunnerListeners } from "./attributes.ts";

export { DeferredRunnerElement, type DeferredRunnerEventMap } from "../define.ts";

export type DeferredRunnerProps = DetailedHTMLProps<
  HTMLAttributes<DeferredRunnerElement>,
  DeferredRunnerElement
> &
  DeferredRunnerAttributes &
  DeferredRunnerListeners;

// `import "deferred-runner/react"` defines the element, and declares it to TypeScript for JSX.
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "deferred-runner": DeferredRunnerProps;
    }
  }
}
