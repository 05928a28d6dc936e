/** Resolves once the reader opens a prerendered page, which may never happen; undefined: it is open. */
export function opening(page: Document & { prerendering?: boolean }): Promise<unknown> | undefined {
  return page.prerendering
    ? new Promise((resolve) => page.addEventListener("prerenderingchange", resolve, { once: true }))
    : undefined;
}
