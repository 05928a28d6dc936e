import { css } from "lit";

/**
 * Output, and the rest of a result. Colours and lines come from the element's own styles.
 */
export const resultStyles = css`
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
  .output .stderr {
    padding-left: 8px;
    border-left: 3px solid var(--dr-bad);
  }
  .age,
  .silent,
  p.changed {
    margin: 10px 16px 0;
    font-size: 0.9em;
    color: var(--dr-soft);
  }
  .age:not(:has(time)) {
    display: none;
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
`;
