import { css } from "./drawn-element.ts";

/** A guest's clothes: font, size and colours are the page's; only the marks bring colours of their own. */
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
    /* Of our own blanks none means a line, whatever the page around makes of its own. */
    white-space: normal;
  }
  .block {
    display: flex;
    border-radius: inherit;
  }
  .block:has(~ .open, ~ .inputs) {
    border-bottom-left-radius: 0;
    border-bottom-right-radius: 0;
  }
  .code {
    flex: 1;
    min-width: 0;
    overflow: clip;
    border-top-left-radius: inherit;
    border-bottom-left-radius: inherit;
  }
  /* The space outside the author's box is the frame's matter; all inside it is the author's. */
  ::slotted(pre) {
    margin: 0 !important;
  }
  .buttons {
    display: flex;
    align-items: start;
    border-top-right-radius: inherit;
    gap: 6px;
    padding: 6px;
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
    min-height: 44px;
    padding: 0 14px;
    border: 1px solid var(--line);
    border-radius: 5px;
    background: var(--tint);
  }
  .run {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-width: 6em;
    font-weight: 600;
    background: var(--deferred-button-background, var(--tint));
    color: var(--deferred-button-color, inherit);
  }
  .wide {
    min-width: 9em;
  }
  .run svg {
    width: 0.75em;
    fill: currentColor;
  }
  button:hover:enabled {
    border-color: currentColor;
  }
  button:disabled {
    cursor: default;
    opacity: 0.6;
  }
  :focus-visible {
    outline: 2px solid currentColor;
    outline-offset: 2px;
  }
  textarea,
  .output:focus-visible {
    outline-offset: -2px;
  }
  textarea {
    display: block;
    width: 100%;
    padding: 12px 16px;
    border: 0;
    resize: vertical;
    background: transparent;
    color: inherit;
    font: 0.9em/1.5 var(--mono);
    tab-size: 4;
  }
  .inputs {
    display: flex;
    flex-wrap: wrap;
    gap: 12px 20px;
    padding: 10px 16px;
    border-top: 1px solid var(--line);
  }
  .inputs label {
    display: grid;
    gap: 2px;
    font-size: 0.9em;
  }
  .inputs .boolean {
    grid-auto-flow: column;
    align-items: center;
    gap: 8px;
  }
  .inputs input,
  .inputs select {
    min-height: 36px;
    padding: 2px 8px;
    border: 1px solid var(--soft);
    border-radius: 4px;
    background: transparent;
  }
  .inputs select option {
    color: CanvasText;
    background: Canvas;
  }
  @media (max-width: 480px) {
    .block {
      display: block;
    }
    .buttons {
      border-top: 1px solid var(--line);
      border-radius: 0;
    }
    .buttons button {
      flex: 1;
    }
  }
`;
