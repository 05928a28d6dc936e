import { css } from "lit";

/**
 * Files of a result: pictures and documents at full width, others as a line of links. Until its pictures are loaded the
 * result keeps the height of the one before it, so that the page does not jump twice.
 */
export const fileStyles = css`
  .result:has(.loading) {
    min-height: var(--dr-height) !important;
  }
  figure {
    margin: 12px 16px 0;
  }
  figure :is(img, video) {
    display: block;
    max-width: 100%;
    max-height: 90vh;
    height: auto;
    border-radius: 3px;
  }
  figure .drawn {
    width: 100%;
    object-fit: contain;
  }
  figure audio {
    display: block;
    width: 100%;
  }
  figcaption {
    margin-top: 4px;
    font-size: 0.85em;
  }
  iframe {
    display: block;
    width: calc(100% - 32px);
    height: min(70vh, 480px);
    margin: 12px 16px 0;
    border: 1px solid var(--dr-line);
    border-radius: 5px;
    /* A document has its own colours, mostly on white. */
    background: #fff;
    color-scheme: light;
    resize: vertical;
  }
  .shown:fullscreen iframe {
    height: calc(100vh - 96px);
  }
  .artifacts {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin: 12px 16px 0;
    padding: 0;
    list-style: none;
    font-size: 0.9em;
  }
  .artifacts .file {
    display: block;
    padding: 4px 10px;
    border: 1px solid var(--dr-line);
    border-radius: 999px;
  }
  .file {
    text-decoration: none;
    overflow-wrap: anywhere;
  }
  .file bdi {
    text-decoration: underline;
  }
  @media (pointer: coarse) {
    .artifacts .file {
      padding-block: 11px;
    }
  }
  @media print {
    :is(audio, video) {
      display: none !important;
    }
  }
`;
