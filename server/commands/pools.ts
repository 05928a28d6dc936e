/**
 * The pool of a project's own runs: their machines see its secrets, caches and repository, so they serve
 * nobody else.
 */
export function projectPool(slug: string): string {
  return `project:${slug}`;
}

/** The pool of strangers' runs: what they leave on a machine is never met by the project's own. */
export function strangersPool(slug: string): string {
  return `strangers:${slug}`;
}

export function poolOf({ project, stranger }: { project: string; stranger: boolean }): string {
  return stranger ? strangersPool(project) : projectPool(project);
}
