import { css } from "lit";

/** The element inherits the page's font, size and colours; only the marks have colours of their own. */
export const styles = css`
  :host {
    display: block;
    margin-block: 1em;
    --line: color-mix(in srgb, currentColor 24%, transparent);
    --soft: color-mix(in srgb, currentColor 78%, transparent);
    --tint: color-mix(in srgb, currentColor 7%, transparent);
    --good: color-mix(in oklab, #1a8f3c 75%, currentColor);
    --bad: color-mix(in oklab, #d5322d 75%, currentColor);
    --busy: color-mix(in oklab, #2f6fde 75%, currentColor);
    --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  * {
    box-sizing: border-box;
  }
  .frame {
    border: 1px solid var(--line);
    border-radius: var(--deferred-radius, 8px);
    overflow: clip;
    /* Room for the focus ring of what touches the frame. */
    overflow-clip-margin: 4px;
    /* The page's may be pre, which would show the template's line breaks. */
    white-space: normal;
  }
  .code {
    overflow: clip;
    border-start-start-radius: inherit;
    border-start-end-radius: inherit;
  }
  /* The frame sets the margin around the author's box; everything inside it is the author's. */
  ::slotted(pre) {
    margin: 0 !important;
    /* A default: any rule of the page comes first. */
    padding: 12px 16px;
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    padding: 8px 16px;
    border-top: 1px solid var(--line);
  }
  .buttons small {
    align-self: center;
    min-width: 0;
    overflow-wrap: anywhere;
    color: var(--soft);
  }
  button,
  summary,
  input,
  select {
    font: inherit;
    color: inherit;
  }
  button {
    cursor: pointer;
    min-height: 36px;
    padding: 0 14px;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--tint);
  }
  .run {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-width: 6em;
    font-weight: 600;
    border-color: transparent;
    background: var(--deferred-button-background, #1f7a45);
    color: var(--deferred-button-color, #fff);
  }
  .run:hover {
    filter: brightness(0.9);
  }
  .wide {
    min-width: 9em;
  }
  .run[aria-disabled] {
    cursor: default;
    border-color: var(--line);
    background: none;
    color: inherit;
    filter: none;
  }
  .run svg {
    width: 0.75em;
    fill: currentColor;
  }
  @media (pointer: coarse) {
    button {
      min-height: 44px;
    }
  }
  button:not(.run):hover:enabled {
    border-color: currentColor;
  }
  button:disabled {
    cursor: default;
    opacity: 0.6;
  }
  /* Run's focus ring has the page's text colour: the text of Run may not contrast with the page. */
  :focus-visible,
  .ring:has(:focus-visible) {
    outline: 2px solid currentColor;
    outline-offset: 2px;
  }
  .ring {
    display: flex;
    border-radius: 6px;
  }
  .run:focus-visible {
    outline: none;
  }
`;
