import { css } from "lit";

/**
 * A result on paper, which has no buttons and no scrollers. The part for other states cuts long output.
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
    .output,
    .table {
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
`;
