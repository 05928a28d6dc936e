import type { Context } from "hono";

/** The slug in the path of a call about a project. */
export function slugOf(c: Context): string {
  return `${c.req.param("owner")}/${c.req.param("name")}`;
}
