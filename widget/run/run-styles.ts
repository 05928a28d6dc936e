import { css } from "lit";

/**
 * The status line with its marks, the box that opens for it, and the output. Closed, the box is out of the flow, so that
 * the margin of the author's last box collapses through the frame. Lines come from the element's own styles.
 */
export const runStyles = css`
  * {
    box-sizing: border-box;
  }
  :host {
    --dr-soft: color-mix(in srgb, currentColor 78%, transparent);
    --dr-good: var(--deferred-good, color-mix(in oklab, #1a8f3c 75%, currentColor));
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
  .mark {
    flex: none;
    align-self: start;
    width: 16px;
    height: 1lh;
    overflow: visible;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .succeeded {
    color: var(--dr-good);
  }
  .running {
    color: var(--dr-busy);
  }
  .track {
    opacity: 0.3;
  }
  .running path:last-child {
    stroke-dasharray: 5 30;
    animation: slide 1.4s ease-in-out infinite alternate;
  }
  @keyframes slide {
    to {
      stroke-dashoffset: -8;
    }
  }
  .output {
    max-height: calc(40lh + 24px);
    overflow: auto;
    padding: 12px 16px 0 5px;
    font: var(--code-size, 0.875em) / 1.5 var(--code-font, var(--dr-mono));
    tab-size: 4;
  }
  .output pre {
    margin: 0;
    padding-left: 11px;
    font: inherit;
    white-space: pre;
  }
  .output.wrapped pre {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  a {
    color: inherit;
    text-underline-offset: 0.2em;
  }
  .output:focus-visible {
    outline-offset: -2px;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 4px 14px;
    margin: 10px 16px 0;
    font-size: 0.85em;
  }
  .foot:not(:has(*)) {
    display: none;
  }
  .foot button {
    min-height: 24px;
    padding: 0;
    border: 0;
    background: none;
    font-size: inherit;
    text-decoration: underline;
    text-underline-offset: 0.2em;
  }
  .foot button[aria-pressed="true"] {
    font-weight: 600;
  }
  .foot .end {
    color: var(--dr-soft);
  }
  .end .mark {
    width: 12px;
    height: 12px;
    vertical-align: -1px;
  }
  @media (pointer: coarse) {
    .foot :is(button, a, summary) {
      min-height: 44px;
      line-height: 44px;
    }
  }
  @media print {
    .result {
      background: #fff;
      color: #000;
    }
    .stop,
    .foot button {
      display: none !important;
    }
    .output {
      max-height: none;
    }
    .output pre {
      content-visibility: visible !important;
      white-space: pre-wrap;
      overflow-wrap: anywhere;
    }
    a[href]::after {
      content: " (" attr(href) ")";
    }
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
`;
