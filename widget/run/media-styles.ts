import { css } from "lit";

/** A result on paper and in forced colours. Paper has no buttons and no scrollers. */
export const mediaStyles = css`
  @media print {
    .result {
      background: #fff;
      color: #000;
      min-height: 0 !important;
    }
    .stop,
    .progress,
    .foot button,
    .table-box > button,
    audio,
    video {
      display: none !important;
    }
    .output,
    .table {
      overflow: visible;
      max-height: none;
    }
    /* About six pages: the link below the output leads to all of it. */
    .output {
      max-height: 300lh;
      overflow: clip;
    }
    .output pre,
    .output.wrapped .long {
      content-visibility: visible;
      white-space: pre-wrap;
      overflow-wrap: anywhere;
    }
    a[href]::after {
      content: " (" attr(href) ")";
      overflow-wrap: anywhere;
    }
    figure,
    .line {
      break-inside: avoid;
    }
  }
  @media (forced-colors: active) {
    .progress {
      height: 7px;
      border: 1px solid CanvasText;
    }
    .progress i {
      background: Highlight;
    }
    .output .stderr {
      border-inline-start: 3px double CanvasText;
    }
    .foot button[aria-pressed="true"] {
      outline: 1px solid Highlight;
    }
    .shown > * {
      opacity: 1 !important;
    }
  }
`;
