import { css } from "lit";

/** Output, files and the rest of a result. Colours and lines come from the element's own styles. */
export const resultStyles = css`
  .progress {
    height: 3px;
    margin: 8px 16px 0;
    border-radius: 2px;
    background: var(--dr-line);
  }
  .progress i {
    display: block;
    height: 100%;
    border-radius: inherit;
    background: var(--dr-busy);
  }
  .output {
    max-height: calc(40lh + 20px);
    margin-top: 10px;
    border-block: 1px solid var(--dr-line);
    background: color-mix(in srgb, currentColor 4%, transparent);
    overflow: auto;
    padding: 10px 16px 10px 5px;
    font: 0.875em/1.5 var(--dr-mono);
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
  .void,
  .earlier .output,
  .earlier .artifacts {
    opacity: 0.75;
  }
  .age,
  .silent {
    margin: 2px 16px 0 42px;
    font-size: 0.9em;
    color: var(--dr-soft);
  }
  .progress + .earlier {
    padding-top: 6px;
  }
  .cut {
    margin: 8px -16px 0 -5px;
    border-top: 2px dashed currentColor;
  }
  .cut-words {
    margin: 2px 0 8px 11px;
  }
  a {
    color: inherit;
    text-underline-offset: 0.2em;
  }
  .artifacts {
    display: flex;
    flex-wrap: wrap;
    gap: 10px;
    margin: 10px 16px 0;
    padding: 0;
    list-style: none;
  }
  .artifacts a {
    text-decoration: none;
    display: grid;
    gap: 2px;
    padding: 8px 12px;
    border: 1px solid var(--dr-line);
    border-radius: 5px;
    overflow-wrap: anywhere;
  }
  .artifacts span {
    text-decoration: underline;
  }
  .artifacts img {
    display: block;
    max-width: min(320px, 100%);
    max-height: 240px;
    margin-bottom: 4px;
  }
  small {
    color: var(--dr-soft);
  }
  .earlier small {
    color: inherit;
  }
  .output:focus-visible {
    outline-offset: -2px;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    gap: 0 20px;
    margin: 0 16px;
    font-size: 0.85em;
  }
  .foot > a {
    margin-left: auto;
  }
  .foot label {
    display: flex;
    gap: 6px;
    align-items: center;
  }
  .foot input {
    margin: 0;
  }
  .foot > * {
    margin-top: 10px;
  }
  summary {
    cursor: pointer;
    color: var(--dr-soft);
  }
  @media (forced-colors: active) {
    .progress i {
      background: Highlight;
    }
    .output,
    .artifacts {
      opacity: 1 !important;
    }
  }
`;
