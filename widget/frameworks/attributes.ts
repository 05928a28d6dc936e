import type { DeferredRunnerEventMap } from "../element/events.ts";

/** The element's attributes, as templates set them. */
export interface DeferredRunnerAttributes {
  /** The block's signed token; absent: it stands beside the code, in a gist or at an address. */
  block?: string | undefined;
  /** `user/id` or `user/id@revision` of a gist that holds code and signature. */
  gist?: string | undefined;
  /** The file of the gist. */
  file?: string | undefined;
  /** URL of the code. */
  src?: string | undefined;
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
