/** Whether the code stands in a gist or at an address, and is not in the page yet. */
export const isElsewhere = (host: Element): boolean =>
  host.matches(":is([gist],[src]):not(:has(code,pre))");
