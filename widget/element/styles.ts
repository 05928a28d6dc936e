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
 * - Buttons are smaller than a finger: the area around them counts as well. Paper has none.
 * - Run's text is black or white, whichever contrasts more with the accent: at least 4.5 to 1 on any colour, by
 *   luminance. Its focus ring has two colours, one of which is visible on any code.
 */
export const styles = css`
  :host {
    display: block;
    margin-block: 1em;
    --dr-line: var(--deferred-line, color-mix(in srgb, currentColor 24%, transparent));
    --dr-accent: var(--deferred-accent, #1f7a45);
  }
  :host([hidden]) {
    display: none !important;
  }
  .said {
    position: absolute;
    clip-path: inset(50%);
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
    overflow-x: auto;
  }
  .code,
  .code ::slotted(*) {
    margin: 0 !important;
    direction: ltr;
    text-align: left;
  }
  ::slotted(pre) {
    padding: 12px 16px;
  }
  ::slotted([slot][hidden]) {
    display: inline !important;
  }
  .bar,
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: 10px 16px;
    padding: 10px 16px;
  }
  .line {
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
    font: inherit;
    font-size: 0.9em;
    color: inherit;
    cursor: pointer;
  }
  button::after {
    content: "";
    position: absolute;
    inset: -7px -5px;
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
    direction: ltr;
  }
  @supports (color: color(from red xyz x y z)) {
    .run {
      --dr-light: calc((0.179 - y) * 1e6);
      color: var(
        --deferred-accent-text,
        color(from var(--dr-accent) xyz var(--dr-light) var(--dr-light) var(--dr-light))
      );
    }
  }
  .run:hover {
    box-shadow: 0 1px 5px #0008;
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
    .bar {
      display: none !important;
    }
  }
  @media (prefers-contrast: more) {
    :host {
      --dr-line: currentColor;
    }
  }
  @media (min-width: 480px) {
    .bar[over]:has(> .run:only-child) {
      position: absolute;
      z-index: 1;
      right: 8px;
      padding: 0;
    }
  }
  @media (max-width: 479.98px) {
    .run {
      flex: 1 1 8em;
      min-height: 44px;
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
