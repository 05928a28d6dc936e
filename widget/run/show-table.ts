import type { Artifact } from "../../protocol/run.ts";
import { MAX_TABLE_CHARACTERS } from "./table-data.ts";
import { createTable, type TableWords } from "./table.ts";

export { tableStyles } from "./table-styles.ts";

/** A table to show; undefined while it is read. */
export type ShownTable = HTMLElement | "no table" | undefined;

/** Where a table's text is: the output's pieces, or a file. The object is also the key of the table made of it. */
export type TableSource = readonly { text: string }[] | { url: string; size: number };

/** The file that a block with `show` table leaves as its table. */
export function shownTable(artifacts: readonly Artifact[]): Artifact | undefined {
  return artifacts.find(({ type }) => /^(?:text\/csv|application\/json)(?:;|$)/i.test(type));
}

const sources = new WeakMap<object, { url: string; size: number }>();

/** A file as a source: one object a file, because it is the table's key. */
export function fileSource(file: { size: number }, url: string): { url: string; size: number } {
  const source = sources.get(file) ?? { url, size: file.size };
  sources.set(file, source);
  return source;
}

const made = new WeakMap<object, { table: ShownTable }>();

/** The table of `source`, made once; `update` is called when a file has been read. */
export function showTable(source: TableSource, words: TableWords, update: () => void): ShownTable {
  const found = made.get(source);
  if (found) return found.table;
  const entry: { table: ShownTable } = { table: undefined };
  made.set(source, entry);
  if (!("url" in source)) {
    entry.table = createTable(source.map(({ text }) => text).join(""), words) ?? "no table";
    return entry.table;
  }
  readFile(source).then(
    (text) => {
      entry.table = (text === undefined ? undefined : createTable(text, words)) ?? "no table";
      update();
    },
    () => {
      entry.table = "no table";
      update();
    },
  );
  return undefined;
}

async function readFile({ url, size }: { url: string; size: number }): Promise<string | undefined> {
  if (size > MAX_TABLE_CHARACTERS) return undefined;
  const response = await fetch(url);
  return response.ok ? response.text() : undefined;
}
