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
`;
