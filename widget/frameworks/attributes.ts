import type { DeferredRunnerEventMap } from "../element/events.ts";

interface CommonAttributes {
  /** URL of the server that runs it; a bundled element needs it. */
  server?: string | undefined;
  /** What the block is, for people who can't see the page around it. */
  label?: string | undefined;
}

/** Where a block's token and its code are. */
type Source =
  /** The signed token; the code is in the page, or at the URL `src`. */
  | { block: string; src?: string | undefined; gist?: undefined; file?: undefined }
  /** The code is at this URL, and its signature beside it. */
  | { src: string; block?: undefined; gist?: undefined; file?: undefined }
  /** `user/id` or `user/id@revision` of a gist that holds both, and the file in it. */
  | { gist: string; file?: string | undefined; block?: undefined; src?: undefined };

/** The element's attributes, as templates set them. */
export type DeferredRunnerAttributes = CommonAttributes & Source;

/** Event listeners of custom elements, as React 19, Preact and Vue name them: `ondeferred-runner:ended`. */
export type DeferredRunnerListeners = {
  [Name in keyof DeferredRunnerEventMap as `on${Name}`]?: (
    event: DeferredRunnerEventMap[Name],
  ) => void;
};
