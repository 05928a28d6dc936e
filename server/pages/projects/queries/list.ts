/** Rows of a list; a page shows fewer and leads to the rest. */
export const PAGE_ROWS = 30;
