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

/** Stands for the server where a shared machine has no project that pays. */
export const SHARED_POOL_OWNER = "";

/** The project whose pool it is; empty for the shared pool. */
export function projectOfPool(pool: string): string {
  const [, slug = SHARED_POOL_OWNER] = /^(?:project|strangers):(.+)$/.exec(pool) ?? [];
  return slug;
}
