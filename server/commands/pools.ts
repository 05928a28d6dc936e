/**
 * The pool of a project's own runs: their machines hold its secrets, caches and repository, so they run
 * nothing of other projects.
 */
export function projectPool(slug: string): string {
  return `project:${slug}`;
}

/** The pool of strangers' runs: the project's own runs never share a machine with them. */
export function strangersPool(slug: string): string {
  return `strangers:${slug}`;
}

export function poolOf({ project, stranger }: { project: string; stranger: boolean }): string {
  return stranger ? strangersPool(project) : projectPool(project);
}
