import { css } from "lit";

/** The text field lies over a copy of the text in the author's colours; its own text is transparent. */
export const editorStyles = css`
  .editor {
    /* A grid shows no blanks of its template, which white-space would. */
    display: grid;
    overflow: auto;
    max-height: 80vh;
    font: 0.9em/1.5 var(--dr-mono);
    tab-size: 4;
    padding: 12px 16px;
    white-space: pre;
    unicode-bidi: isolate;
  }
  .editor:focus-within {
    outline: 2px solid currentColor;
    outline-offset: -2px;
  }
  .layers {
    display: grid;
    min-width: max-content;
    min-height: 100%;
  }
  .layers.wraps {
    min-width: 0;
  }
  .layers > * {
    grid-area: 1 / 1;
    margin: 0;
    padding: 0;
    border: 0;
    font: inherit;
    letter-spacing: inherit;
    word-spacing: inherit;
    white-space: inherit;
    overflow-wrap: inherit;
    tab-size: inherit;
    text-align: start;
    direction: inherit;
  }
  .colours {
    /* Room for the caret at the end of the longest line. */
    padding-inline-end: 2px;
    pointer-events: none;
    min-height: 2lh;
  }
  .colours > code {
    font: inherit;
  }
  textarea {
    width: 100%;
    height: 100%;
    overflow: hidden;
    resize: none;
    outline: none;
    background: transparent;
    color: transparent;
    caret-color: inherit;
    forced-color-adjust: none;
  }
  textarea::selection {
    background: color-mix(in srgb, Highlight 35%, transparent);
    color: transparent;
  }
  .plain .colours {
    visibility: hidden;
  }
  .plain textarea {
    color: inherit;
    caret-color: auto;
  }
  @media (forced-colors: active) {
    .colours {
      visibility: hidden;
    }
    textarea {
      color: CanvasText;
      caret-color: CanvasText;
      forced-color-adjust: auto;
    }
  }
  .changed {
    align-self: center;
    font-size: 0.85em;
    color: var(--dr-soft);
  }
  p.changed {
    margin: 10px 16px 0;
    font-size: 0.9em;
  }
  @media print {
    .keys {
      display: none;
    }
  }
`;
