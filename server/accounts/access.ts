import type { Context } from "hono";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Scope } from "./tokens.ts";

/** Authorizes requests. A session cookie grants read access only; everything else needs an API token. */
export type Access = ReturnType<typeof createAccess>;

/** The projects that a caller may read. */
export type Readable = Scope | { all: false; public: true };

export interface AccessDeps {
  /** Checks tokens and looks projects up. Its functions throw the errors that `Access` lists. */
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

  /** Throws unless a session or a token proves that the caller owns the project. */
  async function belong(c: Context, slug: string): Promise<void> {
    const bySession = authorization(c) === undefined && (await isSignedIn(c));
    if (bySession) await projects.get(slug);
    else await projects.authorize(authorization(c), slug);
  }

  return {
    /**
     * Throws unless the caller may read the project: everybody may if it is public, otherwise a session or a token
     * is needed. Throws `token_missing`, `token_wrong`, or `project_not_found`, which also hides a private project.
     */
    async read(c: Context, slug: string): Promise<void> {
      if (!(await projects.isPublic(slug))) await belong(c, slug);
    },

    /** The same for data that stays private in a public project: hooks, watchers, names of secrets. */
    belong,

    /** Throws unless the caller's token may act for the project. */
    async act(c: Context, slug: string): Promise<void> {
      await projects.authorize(authorization(c), slug);
    },

    /** Whether the caller has a token of this server, for any project. */
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

    /** The projects that the caller may read. Throws `token_wrong`. */
    async readable(c: Context): Promise<Readable> {
      if (authorization(c) !== undefined) return projects.scopeOf(authorization(c));
      return (await isSignedIn(c)) ? { all: true } : { all: false, public: true };
    },
  };
}
