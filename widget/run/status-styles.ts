import { css } from "lit";

/**
 * The status line, and the box that opens for it. Closed, the box is out of the flow, so that the margin of the author's
 * last box collapses through the frame. Colours and lines come from the element's own styles.
 */
export const statusStyles = css`
  :host {
    --dr-soft: color-mix(in srgb, currentColor 78%, transparent);
    --dr-good: var(--deferred-good, color-mix(in oklab, #1a8f3c 75%, currentColor));
    --dr-bad: var(--deferred-bad, color-mix(in oklab, #d5322d 75%, currentColor));
    --dr-busy: var(--deferred-busy, color-mix(in oklab, #2f6fde 75%, currentColor));
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
  @media (forced-colors: active) {
    .run[aria-disabled] {
      border-color: GrayText;
      color: GrayText;
    }
  }
  .opening:not(.open) {
    position: absolute;
  }
  .open {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    border-top: 1px solid var(--dr-line);
    animation: open 150ms ease-out;
  }
  @keyframes open {
    from {
      grid-template-rows: 0fr;
    }
    to {
      grid-template-rows: 1fr;
    }
  }
  .result {
    min-width: 0;
    overflow: hidden;
  }
  .open > .result {
    padding-bottom: 12px;
  }
  .telling {
    display: grid;
    grid-template: 1fr / minmax(0, 1fr);
    transition: grid-template-rows 150ms ease-out;
  }
  .quiet > .telling {
    grid-template-rows: 0fr;
    visibility: hidden;
  }
  .line {
    flex-wrap: nowrap;
    align-items: baseline;
    gap: 10px;
    min-height: 0;
    padding: 0 16px;
    border: 0;
    overflow: clip;
    overflow-clip-margin: 6px;
  }
  .line > * {
    margin-top: 10px;
  }
  .line > slot {
    display: block;
    align-self: start;
  }
  .status {
    min-width: 0;
  }
  .note {
    display: block;
    font-size: 0.9em;
    color: var(--dr-soft);
  }
  .elapsed {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
    color: var(--dr-soft);
  }
  .stop {
    flex: none;
    min-height: 28px;
    padding: 0 10px;
  }
  .stop::after {
    inset: -9px;
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
`;
