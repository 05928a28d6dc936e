import type { Context } from "hono";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { TokenScope } from "../../protocol/tokens.ts";
import type { Audit } from "./audit.ts";
import { checkGrant, type Tokens } from "./tokens.ts";

/**
 * The only place that authorizes requests: each route calls one of these and states the scope that it takes. A
 * session cookie grants read access only; everything else needs an API token.
 */
export type Access = ReturnType<typeof createAccess>;

/** The projects that a caller may read. */
export type Readable =
  | { all: true }
  | { all: false; project: string }
  | { all: false; public: true };

export interface AccessDeps {
  /** Looks projects and tokens up. Its functions throw the errors that `Access` lists. */
  projects: {
    get(slug: string): Promise<unknown>;
    isPublic(slug: string): Promise<boolean>;
    tokens: Pick<Tokens, "grantOf">;
  };
  /** Records the calls that change something. */
  audit: Pick<Audit, "begin" | "about">;
  /** Whether the request carries the owner's session. */
  isSignedIn: (c: Context) => Promise<boolean>;
}

export function createAccess({ projects, audit, isSignedIn }: AccessDeps) {
  const authorization = (c: Context) => c.req.header("authorization");
  const grantOf = (c: Context) => projects.tokens.grantOf(authorization(c));

  /** Throws unless the caller's token has this scope in the project. */
  async function act(c: Context, slug: string, scope: TokenScope): Promise<void> {
    const grant = await grantOf(c);
    checkGrant(grant, slug, scope);
    await projects.get(slug);
    await audit.begin(c, grant, slug);
  }

  /** Throws unless the caller has a session or a token that reads the project. */
  async function belong(c: Context, slug: string): Promise<void> {
    const bySession = authorization(c) === undefined && (await isSignedIn(c));
    if (bySession) await projects.get(slug);
    else await act(c, slug, "read");
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

    act,

    /** Whether the caller has a token of this server, for any project. */
    async isKnown(c: Context): Promise<boolean> {
      return grantOf(c).then(
        () => true,
        (error: unknown) => {
          if (error instanceof ApiError) return false;
          throw error;
        },
      );
    },

    /** Throws unless the caller has the owner's token. */
    async own(c: Context): Promise<void> {
      const grant = await grantOf(c);
      if (!grant.all) throw new ApiError("token_scope_low", "It takes the owner's token.");
      await audit.begin(c, grant, null);
    },

    /** Records which project a call of the owner is about, where only its body or the object it names says so. */
    about: audit.about,

    /**
     * Throws unless the caller may administer the project `named`, or without a name its token's own. Returns that
     * project; undefined for every project, which takes the owner's token. Removed projects are not refused, since
     * their audit entries stay.
     */
    async administer(c: Context, named?: string): Promise<string | undefined> {
      const grant = await grantOf(c);
      const slug = named ?? (grant.all ? undefined : grant.project);
      if (slug !== undefined) checkGrant(grant, slug, "admin");
      await audit.begin(c, grant, slug ?? null);
      return slug;
    },

    /** The projects that the caller may read. Throws `token_wrong`. */
    async readable(c: Context): Promise<Readable> {
      if (authorization(c) !== undefined) return grantOf(c);
      return (await isSignedIn(c)) ? { all: true } : { all: false, public: true };
    },
  };
}
