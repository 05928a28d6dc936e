/** Text above this is a file to open, not a table: it would take the page too long to read. */
export const MAX_TABLE_CHARACTERS = 1 << 20;

export interface TableData {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  /** Whether each value of the column is a number or nothing. */
  numeric: readonly boolean[];
}

/** Reads CSV, whose first line names the columns, or JSON. Undefined: it is no table. */
export function readTable(text: string): TableData | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const rows = /^[[{]/.test(trimmed) ? rowsOfJson(trimmed) : rowsOfCsv(trimmed);
  const [columns = [], ...body] = rows ?? [];
  if (columns.length === 0) return undefined;
  const width = body.reduce((most, row) => Math.max(most, row.length), columns.length);
  const filled = (row: readonly string[]) =>
    row.length === width ? row : Array.from({ length: width }, (_, at) => row[at] ?? "");
  const numeric = Array.from({ length: width }, (_, at) => isNumeric(body, at));
  return { columns: filled(columns), rows: body.map(filled), numeric };
}

/** The rows in the order of one column; numbers by their size, and empty values last. */
export function sortRows(
  { rows, numeric }: TableData,
  column: number,
  descending: boolean,
): readonly (readonly string[])[] {
  const order = new Intl.Collator(undefined, { numeric: true }).compare;
  const sign = descending ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a = "", b = ""] = [one[column], other[column]];
    if (a === "" || b === "") return Number(a === "") - Number(b === "");
    return sign * (numeric[column] ? Number(a) - Number(b) : order(a, b));
  });
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function isNumeric(rows: readonly (readonly string[])[], column: number): boolean {
  let some = false;
  for (const row of rows) {
    const value = row[column] ?? "";
    if (value === "") continue;
    if (!NUMBER.test(value)) return false;
    some = true;
  }
  return some;
}

/** RFC 4180, with line ends of every kind. */
function rowsOfCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const field = /"((?:[^"]|"")*)"?([^,\r\n]*)|([^,\r\n]*)/y;
  for (;;) {
    const { 1: quoted, 2: after = "", 3: bare } = field.exec(text)!;
    rows.at(-1)!.push(bare ?? `${quoted!.replaceAll('""', '"')}${after}`);
    const next = text[field.lastIndex];
    if (next === undefined) return rows;
    field.lastIndex += next === "\r" && text[field.lastIndex + 1] === "\n" ? 2 : 1;
    if (next !== ",") rows.push([]);
  }
}

/** A list of objects or of lists, an object of columns, or one object. */
function rowsOfJson(text: string): string[][] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (Array.isArray(value)) return rowsOfList(value);
  const entries = Object.entries(value as object);
  if (entries.length > 0 && entries.every(([, column]) => Array.isArray(column))) {
    const columns = entries as [string, unknown[]][];
    const length = Math.max(...columns.map(([, column]) => column.length));
    const row = (at: number) => columns.map(([, column]) => textOf(column[at]));
    return [columns.map(([name]) => name), ...Array.from({ length }, (_, at) => row(at))];
  }
  return rowsOfList([value]);
}

function rowsOfList(list: readonly unknown[]): string[][] | undefined {
  if (list.length > 0 && list.every((row) => Array.isArray(row))) {
    return list.map((row) => (row as unknown[]).map(textOf));
  }
  if (!list.every((row) => typeof row === "object" && row !== null)) {
    return [["value"], ...list.map((value) => [textOf(value)])];
  }
  const names = new Set<string>();
  for (const row of list) for (const name of Object.keys(row)) names.add(name);
  const columns = [...names];
  const cells = (row: unknown) =>
    columns.map((name) => textOf((row as Record<string, unknown>)[name]));
  return [columns, ...list.map(cells)];
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
