import { css } from "lit";

/** The bar with more than Run, and output that the page itself holds. */
export const featureStyles = css`
  * {
    box-sizing: border-box;
  }
  :host {
    --dr-soft: color-mix(in srgb, currentColor 78%, transparent);
    --dr-bad: var(--deferred-bad, color-mix(in oklab, #d5322d 75%, currentColor));
    --dr-mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  }
  @media (prefers-contrast: more) {
    :host {
      --dr-soft: currentColor;
    }
  }
  button:not(.run):hover:enabled {
    border-color: currentColor;
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
  .bar small {
    align-self: center;
    min-width: 0;
    overflow-wrap: anywhere;
    color: var(--dr-soft);
  }
  button:disabled {
    cursor: default;
    opacity: 0.6;
  }
  @media print {
    .bar:has(form, small) {
      display: flex !important;
    }
    .bar > button {
      display: none !important;
    }
  }
  @media (max-width: 479.98px) {
    .bar small {
      flex-basis: 100%;
    }
    .bar > button {
      min-height: 44px;
    }
  }
`;

/** Room for the longer label, Run again. */
export const wideStyles = css`
  .run {
    min-width: 8em;
  }
`;
