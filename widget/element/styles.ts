import { css } from "lit";

/**
 * The element inherits the page's font, size and colours; the button and the marks have colours of their own. The
 * author's code inherits custom properties, so the element's own carry a prefix.
 *
 * - `.frame` has an outline: a border would keep the margins of the author's boxes inside, as strips around the code.
 *   `white-space`: the page's may be `pre`, which would show the template's line breaks.
 * - Code reads from left to right on pages of any direction.
 * - The frame sets the margin around the author's box. The padding is a default: any rule of the page comes first.
 * - Where scripts are off, the page hides the content of slots with `hidden`; in its slot it is shown.
 * - Buttons are smaller than a finger: the area around them counts as well.
 * - Run's text is black or white, whichever contrasts more with the accent: at least 4.5 to 1 on any colour, by
 *   luminance. Its focus ring has two colours, one of which is visible on any code.
 */
export const styles = css`
  :host {
    display: block;
    margin-block: 1em;
    --dr-line: var(--deferred-line, color-mix(in srgb, currentColor 24%, transparent));
    --dr-soft: color-mix(in srgb, currentColor 78%, transparent);
    --dr-accent: var(--deferred-accent, #1f7a45);
    --dr-good: var(--deferred-good, color-mix(in oklab, #1a8f3c 75%, currentColor));
    --dr-bad: var(--deferred-bad, color-mix(in oklab, #d5322d 75%, currentColor));
    --dr-busy: var(--deferred-busy, color-mix(in oklab, #2f6fde 75%, currentColor));
    --dr-mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  * {
    box-sizing: border-box;
  }
  .said {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .frame {
    position: relative;
    isolation: isolate;
    outline: 1px solid var(--dr-line);
    border-radius: var(--deferred-radius, 8px);
    overflow: clip;
    white-space: normal;
  }
  .code {
    direction: ltr;
  }
  .code ::slotted(*) {
    margin: 0 !important;
  }
  .code ::slotted(:not([slot])) {
    direction: ltr;
    text-align: left;
  }
  .code[scrolls] {
    overflow-x: auto;
  }
  ::slotted(pre) {
    padding: 12px 16px;
  }
  ::slotted([slot][hidden]) {
    display: inline !important;
  }
  ::slotted(output) {
    display: block;
    padding: 0 16px 10px;
    overflow-x: auto;
  }
  .recorded {
    margin: 0;
    padding: 10px 16px 4px;
    font-size: 0.9em;
    color: var(--dr-soft);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 10px 16px;
    padding: 10px 16px;
  }
  .bar small {
    align-self: center;
    min-width: 0;
    overflow-wrap: anywhere;
    color: var(--dr-soft);
  }
  button,
  summary {
    font: inherit;
    color: inherit;
  }
  .line {
    display: flex;
    gap: 10px;
    padding: 10px 16px;
    border-top: 1px solid var(--dr-line);
  }
  .status {
    flex: 1;
  }
  button {
    position: relative;
    min-height: 32px;
    padding: 0 12px;
    border: 1px solid var(--dr-line);
    border-radius: 6px;
    background: none;
    font-size: 0.9em;
    cursor: pointer;
  }
  button::after {
    content: "";
    position: absolute;
    inset: -7px -5px;
  }
  button:not(.run):hover:enabled {
    border-color: currentColor;
  }
  button:disabled {
    cursor: default;
    opacity: 0.6;
  }
  .run {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 7px;
    min-width: 5em;
    border-color: transparent;
    background: var(--dr-accent);
    color: var(--deferred-accent-text, #fff);
    font-weight: 600;
    line-height: 1;
  }
  @supports (color: color(from red xyz-d65 x y z)) {
    .run {
      --dr-white: clamp(0, (0.179 - y) * 1e4, 1);
      color: var(
        --deferred-accent-text,
        color(
          from var(--dr-accent) xyz-d65 calc(0.9505 * var(--dr-white)) var(--dr-white)
            calc(1.0891 * var(--dr-white))
        )
      );
    }
  }
  .run:hover {
    box-shadow: 0 1px 5px #0008;
  }
  .wide {
    min-width: 8em;
  }
  .run[aria-disabled] {
    background: #59636e;
    color: #fff;
    box-shadow: none;
    cursor: default;
  }
  .run svg {
    width: 0.75em;
    fill: currentColor;
  }
  :focus-visible {
    outline: 2px solid currentColor;
    outline-offset: 2px;
  }
  .run:focus-visible {
    outline-color: #fff;
    box-shadow: 0 0 0 6px #000;
  }
  @media print {
    .bar > button,
    .bar:not(:has(form, small)) {
      display: none !important;
    }
  }
  @media (prefers-contrast: more) {
    :host {
      --dr-line: currentColor;
      --dr-soft: currentColor;
    }
  }
  @media (min-width: 480px) {
    .bar[over]:has(> .run:only-child) {
      position: absolute;
      z-index: 1;
      inset-block-start: 8px;
      right: 8px;
      padding: 0;
    }
  }
  @media (max-width: 479.98px) {
    .run {
      flex: 1 1 8em;
    }
    .bar > button {
      min-height: 44px;
    }
    .bar small {
      flex-basis: 100%;
    }
    .bar:has(> .run:only-child) {
      padding: 0;
    }
    .run:only-child {
      border-width: 1px 0 0;
      border-radius: 0;
    }
    .run:only-child:focus-visible {
      outline-offset: -4px;
      box-shadow: inset 0 0 0 2px #000;
    }
  }
`;
