import { css } from "lit";

export const inputsStyles = css`
  .inputs {
    display: flex;
    flex-wrap: wrap;
    align-items: start;
    gap: 10px 16px;
    max-width: 100%;
  }
  .inputs .field {
    display: grid;
    align-content: start;
    gap: 2px;
    min-width: 0;
    font-size: 0.9em;
  }
  .inputs .boolean {
    grid-template-columns: auto 1fr;
    align-items: center;
    column-gap: 8px;
  }
  .inputs .boolean label {
    order: 1;
  }
  .inputs .boolean small {
    order: 2;
    grid-column: 1 / -1;
  }
  .inputs .control {
    display: flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
  }
  .inputs :is(input, select, textarea) {
    font: inherit;
    color: inherit;
    min-height: 36px;
    max-width: 100%;
    padding: 2px 8px;
    border: 1px solid var(--dr-soft);
    border-radius: 4px;
    background: transparent;
  }
  .inputs textarea {
    width: 24em;
    min-height: 4.5em;
    font-family: var(--dr-mono);
    resize: vertical;
  }
  .inputs [aria-invalid="true"] {
    border-color: var(--dr-bad);
    box-shadow: inset 0 0 0 1px var(--dr-bad);
  }
  .inputs small,
  .inputs .unit {
    color: var(--dr-soft);
  }
  .inputs small {
    max-width: 24em;
    overflow-wrap: anywhere;
  }
  .inputs .fault {
    display: block;
    margin: 0;
    color: var(--dr-bad);
  }
  .inputs select option {
    color: CanvasText;
    background: Canvas;
  }
`;
