import type { Context } from "hono";
import { ProblemError } from "../problem.ts";
import type { Projects } from "../projects/projects.ts";

/** Who may see and do what. Pages sign people in by a cookie, which grants reading alone. */
export type Access = ReturnType<typeof createAccess>;

export function createAccess({
  projects,
  isSignedIn,
}: {
  projects: Projects;
  /** Whether the request carries the owner's session. */
  isSignedIn: (c: Context) => Promise<boolean>;
}) {
  const authorization = (c: Context) => c.req.header("authorization");

  return {
    /**
     * Throws unless the caller may read what is the project's: anybody where it is public, else a session
     * or a token. `token_missing`, `token_wrong` or `project_not_found`, which a stranger gets as well.
     */
    async read(c: Context, slug: string): Promise<void> {
      if (await projects.isPublic(slug)) return;
      if (authorization(c) === undefined && (await isSignedIn(c))) return;
      await projects.authorize(authorization(c), slug);
    },

    /** Throws unless the caller's token may act for the project. */
    async act(c: Context, slug: string): Promise<void> {
      await projects.authorize(authorization(c), slug);
    },

    /** Throws unless the caller's token acts for every project. */
    async own(c: Context): Promise<void> {
      if (!(await projects.actsForAll(authorization(c)))) throw new ProblemError("token_wrong");
    },
  };
}
