import type { Context } from "hono";

/** The ref of a query: a branch by its short name, or any ref in full. */
export function refOf(c: Context): string | undefined {
  const branch = c.req.query("branch");
  if (!branch) return undefined;
  return branch.startsWith("refs/") ? branch : `refs/heads/${branch}`;
}
