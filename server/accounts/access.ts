import type { Context } from "hono";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Scope } from "./tokens.ts";

/** Who may see and do what. Pages sign people in by a cookie, which grants reading alone. */
export type Access = ReturnType<typeof createAccess>;

/** Which projects somebody may read. */
export type Readable = Scope | { all: false; public: true };

export interface AccessDeps {
  /** Checks tokens, and knows which projects there are. Each throws as `Access` says. */
  projects: {
    get(slug: string): Promise<unknown>;
    isPublic(slug: string): Promise<boolean>;
    authorize(authorization: string | undefined, slug: string): Promise<unknown>;
    scopeOf(authorization: string | undefined): Promise<Scope>;
  };
  /** Whether the request carries the owner's session. */
  isSignedIn: (c: Context) => Promise<boolean>;
}

export function createAccess({ projects, isSignedIn }: AccessDeps) {
  const authorization = (c: Context) => c.req.header("authorization");

  /** Throws unless a session or a token says that the project is the caller's own. */
  async function belong(c: Context, slug: string): Promise<void> {
    const bySession = authorization(c) === undefined && (await isSignedIn(c));
    if (bySession) await projects.get(slug);
    else await projects.authorize(authorization(c), slug);
  }

  return {
    /**
     * Throws unless the caller may read what is the project's: anybody where it is public, else a session
     * or a token. `token_missing`, `token_wrong` or `project_not_found`, which a stranger gets as well.
     */
    async read(c: Context, slug: string): Promise<void> {
      if (!(await projects.isPublic(slug))) await belong(c, slug);
    },

    /** The same for what is not shown where a project is public: its hooks, watchers, names of secrets. */
    belong,

    /** Throws unless the caller's token may act for the project. */
    async act(c: Context, slug: string): Promise<void> {
      await projects.authorize(authorization(c), slug);
    },

    /** Whether the caller has a token of this server, whatever it is for. */
    async isKnown(c: Context): Promise<boolean> {
      return projects.scopeOf(authorization(c)).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ApiError) return false;
          throw error;
        },
      );
    },

    /** Throws unless the caller's token acts for every project. */
    async own(c: Context): Promise<void> {
      const scope = await projects.scopeOf(authorization(c));
      if (!scope.all) throw new ApiError("token_wrong", "It acts for one project alone.");
    },

    /** Which projects the caller may read. Throws `token_wrong`. */
    async readable(c: Context): Promise<Readable> {
      if (authorization(c) !== undefined) return projects.scopeOf(authorization(c));
      return (await isSignedIn(c)) ? { all: true } : { all: false, public: true };
    },
  };
}
