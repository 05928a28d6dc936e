/** A repository that a commit of another one names. */
export interface Submodule {
  readonly name: string;
  /** Relative to the work tree it is in. */
  readonly path: string;
  readonly commit: string;
  /** As it is fetched from. */
  readonly url: string;
}

/** Settings of the superproject, so that `git submodule` finds the submodules. */
export function submoduleSettings(submodules: readonly Submodule[]): string {
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
  return submodules
    .map(
      ({ name, url }) => `[submodule ${quoted(name)}]\n\tactive = true\n\turl = ${quoted(url)}\n`,
    )
    .join("");
}
