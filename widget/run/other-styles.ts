import { css } from "lit";

/** What a result has beside the text of a run that succeeded. Colours and lines come from the element's own styles. */
export const otherStyles = css`
  :host {
    --dr-bad: var(--deferred-bad, color-mix(in oklab, #d5322d 75%, currentColor));
  }
  .note {
    display: block;
    font-size: 0.9em;
    color: var(--dr-soft);
  }
  .output .stderr {
    padding-left: 8px;
    border-left: 3px solid var(--dr-bad);
  }
  .age,
  .silent {
    margin: 10px 16px 0;
    font-size: 0.9em;
    color: var(--dr-soft);
  }
  .failed,
  .timed_out,
  .killed,
  .errored,
  .refused {
    color: var(--dr-bad);
  }
  .waking,
  .retrying {
    color: var(--dr-busy);
  }
  .waking path {
    transform-origin: 8px 8px;
    animation: turn 1.2s linear infinite;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
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
  .progress + .earlier {
    padding-top: 6px;
  }
  .line-link {
    display: inline;
    min-height: 0;
    padding: 0;
    border: 0;
    border-radius: 0;
    background: none;
    font: inherit;
    color: var(--dr-bad);
    text-decoration: underline;
    text-underline-offset: 0.2em;
  }
  .void,
  .earlier > :is(.output, .artifacts, figure, .table-box, iframe) {
    opacity: 0.75;
  }
  .cut {
    margin: 8px -16px 0 -5px;
    border-top: 2px dashed currentColor;
  }
  .cut-words {
    margin: 2px 0 8px 11px;
  }
  small {
    color: var(--dr-soft);
  }
  .earlier small {
    color: inherit;
  }
  summary {
    font: inherit;
    cursor: pointer;
    color: var(--dr-soft);
  }
  .note > summary {
    width: fit-content;
    color: inherit;
  }
  @media not print {
    .on-paper {
      display: none;
    }
  }
  @media print {
    .progress,
    .off-paper,
    pre:has(.off-paper) ~ * {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .shown > * {
      opacity: 1 !important;
    }
    .progress i {
      background: Highlight;
    }
  }
`;
