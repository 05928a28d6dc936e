/**
 * Returns a function that loads a part of the element once, and again after a failure: `load` is one dynamic
 * import. Chromium caches a failed import under its address for the life of the page, so a retry changes the
 * address, which only the error's message names.
 */
export function lazyPart<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let loaded: Promise<Part> | undefined;
  let failed: string | undefined;
  let tries = 0;
  return () =>
    (loaded ??= (
      failed ? (import(/* @vite-ignore */ `${failed}?${++tries}`) as Promise<Part>) : load()
    ).catch((error: unknown) => {
      loaded = undefined;
      failed ??= /https?:[^\s?]+/.exec(String(error))?.[0];
      throw error;
    }));
}
