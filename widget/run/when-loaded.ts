/**
 * Returns a function for templates: the part of `load` once it is there, and until then undefined; `update` is called when
 * it comes. After a failure the next call loads again.
 */
export function whenLoaded<Part>(load: () => Promise<Part>) {
  let part: Part | undefined;
  return (update: () => void): Part | undefined => {
    if (part) return part;
    load().then(
      (loaded) => {
        part = loaded;
        update();
      },
      () => undefined,
    );
    return undefined;
  };
}
