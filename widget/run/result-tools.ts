import type { LitElement } from "lit";

/** What a reader has done with an element's result. Its actions are loaded when a reader comes to its tools. */
export interface ResultTools {
  readonly host: LitElement;
  readonly root: ShadowRoot;
  readonly update: () => void;
  wrapped: boolean;
  /** The button says that it has copied. */
  copied: boolean;
  /** The result fills the screen. */
  enlarged: boolean;
}

const tools = new WeakMap<LitElement, ResultTools>();

/** The tools of an element's result, made with its first. */
export function resultTools(host: LitElement): ResultTools {
  const found = tools.get(host) ?? {
    host,
    root: host.renderRoot as ShadowRoot,
    update: () => host.requestUpdate(),
    ...{ wrapped: true, copied: false, enlarged: false },
  };
  tools.set(host, found);
  return found;
}
