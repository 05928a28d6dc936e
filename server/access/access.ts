import type { Context } from "hono";
import { ProblemError } from "../problem.ts";
import type { Projects } from "../projects/projects.ts";
import type { Scope } from "../projects/tokens.ts";

export type Readable = Scope | { all: false; public: true };

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
      const scope = await projects.scopeOf(authorization(c));
      if (!scope.all) throw new ProblemError("token_wrong", "It acts for one project alone.");
    },

    /** Which projects the caller may read: all, one, or those that are public. Throws `token_wrong`. */
    async readable(c: Context): Promise<Readable> {
      if (authorization(c) !== undefined) return projects.scopeOf(authorization(c));
      return (await isSignedIn(c)) ? { all: true } : { all: false, public: true };
    },
  };
}
