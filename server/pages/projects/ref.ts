import type { Context } from "hono";

/** The branch or tag that a query names: a branch by its short name, or any ref in full. */
export function refOf(c: Context): string | undefined {
  const branch = c.req.query("branch");
  if (!branch) return undefined;
  return branch.startsWith("refs/") ? branch : `refs/heads/${branch}`;
}
