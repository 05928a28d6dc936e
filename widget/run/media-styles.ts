import { css } from "lit";

/**
 * A result on paper, which has no buttons and no scrollers. About six pages of output are printed: the link below it leads
 * to all of it.
 */
export const mediaStyles = css`
  @media print {
    .result {
      background: #fff;
      color: #000;
    }
    .stop,
    .keys,
    .foot button,
    .table-box > button,
    :is(audio, video) {
      display: none !important;
    }
    .table {
      max-height: none;
    }
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
`;
