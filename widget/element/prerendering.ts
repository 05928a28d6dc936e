/** A page that the browser renders ahead may never be seen: resolves once somebody opens it; undefined: it is open. */
export function opening(page: Document & { prerendering?: boolean }): Promise<unknown> | undefined {
  if (!page.prerendering) return undefined;
  return new Promise((resolve) =>
    page.addEventListener("prerenderingchange", resolve, { once: true }),
  );
}
