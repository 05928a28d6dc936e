import type { DeferredRunnerEventMap } from "../element/events.ts";

/** The element's attributes, as templates set them. */
export interface DeferredRunnerAttributes {
  /** The block's signed token. */
  block: string;
  /** URL of the server that runs it; a bundled element needs it. */
  server?: string | undefined;
  /** What the block is, for people who can't see the page around it. */
  label?: string | undefined;
}

/** Event listeners of custom elements, as React 19, Preact and Vue name them: `ondeferred-runner:ended`. */
export type DeferredRunnerListeners = {
  [Name in keyof DeferredRunnerEventMap as `on${Name}`]?: (
    event: DeferredRunnerEventMap[Name],
  ) => void;
};
