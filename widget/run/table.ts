import { MAX_TABLE_CHARACTERS, readTable, sortRows, type TableData } from "./table-data.ts";

/** Rows that are shown at first, and rows that are added in one task. */
const ROWS = 200;

/** The words of a table. */
export interface TableWords {
  label: string;
  showAll: (rows: number) => string;
  /** Rows that paper does not show. */
  offPaper: (rows: number) => string;
}

/** Reads `text` as a table. Undefined: it is none, or too large to be shown. */
export function createTable(text: string, words: TableWords): HTMLElement | undefined {
  const data = text.length > MAX_TABLE_CHARACTERS ? undefined : readTable(text);
  return data && tableOf(data, words);
}

/** Built by hand, not by a template: rows are added in slices, so that no task holds the page. */
function tableOf(data: TableData, words: TableWords): HTMLElement {
  const region = make("div", { className: "table", tabIndex: 0 });
  region.setAttribute("role", "region");
  region.setAttribute("part", "table");
  region.setAttribute("aria-label", words.label);
  const body = make("tbody");
  const more = make("button", { type: "button", textContent: words.showAll(data.rows.length) });
  more.hidden = data.rows.length <= ROWS;
  const left = make("p", { className: "silent on-paper", hidden: more.hidden });
  left.textContent = words.offPaper(data.rows.length - ROWS);
  let rows = data.rows;
  let limited = !more.hidden;
  let shown = 0;
  const addRows = (to: number) => {
    body.append(...rows.slice(shown, to).map((row) => rowOf(row, data.numeric)));
    shown = Math.min(to, rows.length);
  };
  const addAll = () => {
    addRows(shown + ROWS);
    if (shown < rows.length && !limited) setTimeout(addAll);
  };
  const redraw = () => {
    body.replaceChildren();
    shown = 0;
    if (limited) addRows(ROWS);
    else addAll();
  };
  more.addEventListener("click", () => {
    limited = false;
    more.hidden = left.hidden = true;
    region.focus();
    addAll();
  });
  const head = headOf(data, (column, descending) => {
    rows = sortRows(data, column, descending);
    redraw();
  });
  redraw();
  const table = make("table");
  table.append(head, body);
  region.append(table);
  const box = make("div", { className: "table-box" });
  box.append(region, more, left);
  return box;
}

function headOf(
  { columns, numeric }: TableData,
  sort: (column: number, descending: boolean) => void,
): HTMLElement {
  const row = make("tr");
  for (const [column, name] of columns.entries()) {
    const cell = make("th", { scope: "col", className: numeric[column] ? "number" : "" });
    const button = make("button", { type: "button", textContent: name });
    button.addEventListener("click", () => {
      const descending = cell.ariaSort === "ascending";
      for (const other of row.children) other.ariaSort = null;
      cell.ariaSort = descending ? "descending" : "ascending";
      sort(column, descending);
    });
    cell.append(button);
    row.append(cell);
  }
  const head = make("thead");
  head.append(row);
  return head;
}

function rowOf(values: readonly string[], numeric: readonly boolean[]): HTMLElement {
  const row = make("tr");
  for (const [column, textContent] of values.entries()) {
    row.append(make("td", { textContent, className: numeric[column] ? "number" : "" }));
  }
  return row;
}

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
): HTMLElementTagNameMap[Name] {
  return Object.assign(document.createElement(name), properties);
}
