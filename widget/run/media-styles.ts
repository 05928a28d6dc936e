import { css } from "lit";

/** A result on paper and in forced colours. Paper has no buttons and no scrollers. */
export const mediaStyles = css`
  @media print {
    .result {
      background: #fff;
      color: #000;
    }
    .stop,
    .progress,
    .foot button,
    .table-box > button,
    :is(audio, video) {
      display: none !important;
    }
    .table {
      max-height: none;
    }
    /* About six pages: the link below the output leads to all of it. */
    .output {
      max-height: 300lh;
      overflow: clip;
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
  @media (forced-colors: active) {
    .progress i {
      background: Highlight;
    }
    .shown > * {
      opacity: 1 !important;
    }
  }
`;
