export const PAGE_ROWS = 30;

export interface PageOf<Row> {
  rows: Row[];
  /** The cursor of the next page; undefined on the last. */
  older: string | undefined;
}

/** One page of a list: reads one row more than it shows, to know whether there are older ones. */
export async function pageOf<Row>(
  read: (limit: number) => Promise<readonly Row[]>,
  key: (row: Row) => string,
): Promise<PageOf<Row>> {
  const found = await read(PAGE_ROWS + 1);
  const rows = found.slice(0, PAGE_ROWS);
  const last = rows.at(-1);
  return { rows, older: found.length > PAGE_ROWS && last ? key(last) : undefined };
}
