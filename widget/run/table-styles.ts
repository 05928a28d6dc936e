import { css } from "lit";

/** The look of a table of results. */
export const tableStyles = css`
  .table-box {
    padding: 12px 16px 0;
  }
  .table {
    max-height: 60vh;
    overflow: auto;
    border: 1px solid var(--dr-line);
    border-radius: 5px;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.9em;
    font-variant-numeric: tabular-nums;
    line-height: 1.4;
  }
  th {
    position: sticky;
    top: 0;
    padding: 0;
    background: Canvas;
    color: CanvasText;
    text-align: start;
    box-shadow: 0 1px color-mix(in srgb, CanvasText 24%, transparent);
  }
  /* The page's background is unknown: a cell over others takes the lightness that its text is not. */
  @supports (color: oklch(from currentColor l c h)) {
    th {
      background: oklch(from currentColor calc(0.97 - 0.73 * clamp(0, (l - 0.61) * 1000, 1)) 0 0);
      color: inherit;
    }
  }
  th button {
    width: 100%;
    min-height: 32px;
    padding: 4px 12px;
    border: 0;
    border-radius: 0;
    background: none;
    font-weight: 600;
    text-align: inherit;
    white-space: nowrap;
  }
  th button::after {
    content: "";
    display: inline-block;
    width: 1em;
  }
  [aria-sort="ascending"] button::after {
    content: " ↑";
  }
  [aria-sort="descending"] button::after {
    content: " ↓";
  }
  td {
    padding: 4px 12px;
    vertical-align: top;
    overflow-wrap: anywhere;
    min-width: 5em;
  }
  tr + tr > td {
    border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent);
  }
  .number {
    text-align: end;
  }
  .table-box > button {
    margin-top: 8px;
  }
  @media print {
    .table-box > button {
      display: none;
    }
    .table {
      max-height: none;
    }
  }
`;
