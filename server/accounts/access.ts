import type { Context } from "hono";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Actor } from "../../protocol/actors.ts";
import { SCOPE_OF_ROLE, scopeIncludes, type Role, type Scope } from "../../protocol/roles.ts";
import { checkSameOrigin } from "../http/requests/same-origin.ts";
import type { Audit } from "./audit.ts";
import type { SignedIn } from "./sessions.ts";
import { actorOf, checkGrant, type Tokens } from "./tokens.ts";

/**
 * The only place that authorizes requests: each route calls one of these and states the scope that it takes. In the
 * API, a session cookie grants read access only, and everything else needs an API token. Forms of pages use `submit`.
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
  audit: Pick<Audit, "begin" | "about" | "note">;
  /** Whose session the request carries. */
  currentUser: (c: Context) => Promise<SignedIn | undefined>;
  /** The user's role in a project; undefined: not a member. */
  roleOf: (user: SignedIn["user"], slug: string) => Promise<Role | undefined>;
  /** The server's public URL. */
  url: string;
  now: () => number;
}

/** How long a proof of who uses a browser counts for actions that destroy something. */
const FRESH_MS = 10 * 60_000;

export interface SubmitOptions {
  /** Whether the form destroys something, which takes a proof of the last ten minutes. */
  fresh?: boolean;
}

export function createAccess(deps: AccessDeps) {
  const { projects, audit, currentUser, roleOf, url, now } = deps;
  const authorization = (c: Context) => c.req.header("authorization");
  const grantOf = (c: Context) => projects.tokens.grantOf(authorization(c));

  /** Throws unless the caller's token has this scope in the project. */
  async function act(c: Context, slug: string, scope: Scope): Promise<Actor> {
    const grant = await grantOf(c);
    checkGrant(grant, slug, scope);
    await projects.get(slug);
    const actor = actorOf(grant);
    await audit.begin(c, actor, slug);
    return actor;
  }

  const roleIn = async ({ user }: SignedIn, slug: string): Promise<Role | undefined> =>
    user.owner ? "owner" : roleOf(user, slug);

  /** Throws unless the signed-in user's role in the project includes the scope. */
  async function checkRole(
    signedIn: SignedIn,
    slug: string,
    { scope, removed = false }: { scope: Scope; removed?: boolean | undefined },
  ): Promise<void> {
    const role = await roleIn(signedIn, slug);
    if (role === undefined) throw new ApiError("project_not_found");
    if (!removed) await projects.get(slug);
    if (scopeIncludes(SCOPE_OF_ROLE[role], scope)) return;
    throw new ApiError("role_low", `Your role is ${role}.`);
  }

  /** The user who sends a form from a page of this server. Throws `header_invalid` or `session_missing`. */
  async function sender(c: Context): Promise<SignedIn> {
    checkSameOrigin(c, url);
    const signedIn = await currentUser(c);
    if (!signedIn) throw new ApiError("session_missing");
    return signedIn;
  }

  const isProved = ({ session }: SignedIn) => now() - session.provedAt <= FRESH_MS;

  /** Records the form of a user, if its proof is as fresh as it has to be. */
  async function admit(
    c: Context,
    signedIn: SignedIn,
    { slug, fresh = false }: SubmitOptions & { slug: string | null },
  ): Promise<Actor> {
    if (fresh && !isProved(signedIn)) throw new ApiError("proof_needed");
    const { id, name, owner } = signedIn.user;
    const actor: Actor = { kind: owner ? "owner" : "user", id, name };
    await audit.begin(c, actor, slug);
    return actor;
  }

  /** Throws unless the caller has a session or a token that reads the project. */
  async function belong(c: Context, slug: string): Promise<void> {
    const signedIn = authorization(c) === undefined ? await currentUser(c) : undefined;
    if (signedIn) await checkRole(signedIn, slug, { scope: "read" });
    else await act(c, slug, "read");
  }

  return {
    /** Whose session the request carries; undefined: nobody is signed in. */
    currentUser,

    /**
     * Authorizes a form that a page of this server sends, and records it before it changes anything. Returns who sent
     * it. Throws `header_invalid` for another site's form, `session_missing`, `project_not_found`, `role_low`, or with
     * `fresh` also `proof_needed`.
     */
    async submit(
      c: Context,
      slug: string,
      scope: Scope,
      options: SubmitOptions & {
        /** Whether the project may be a removed one. */
        removed?: boolean;
      } = {},
    ): Promise<Actor> {
      const signedIn = await sender(c);
      await checkRole(signedIn, slug, { scope, removed: options.removed });
      return admit(c, signedIn, { ...options, slug });
    },

    /** The same for a form that only the server's owner may send. Throws `not_found` for other users. */
    async submitAsOwner(c: Context, options: SubmitOptions = {}): Promise<Actor> {
      const signedIn = await sender(c);
      if (!signedIn.user.owner) throw new ApiError("not_found");
      return admit(c, signedIn, { ...options, slug: null });
    },

    /** The same for a form about the sender's own account. */
    async submitAccount(
      c: Context,
      options: SubmitOptions = {},
    ): Promise<SignedIn & { actor: Actor }> {
      const signedIn = await sender(c);
      return { ...signedIn, actor: await admit(c, signedIn, { ...options, slug: null }) };
    },

    /** The highest scope of the signed-in user in a project: pages show the forms that it includes. */
    async scopeOf(c: Context, slug: string): Promise<Scope | undefined> {
      const signedIn = await currentUser(c);
      const role = signedIn && (await roleIn(signedIn, slug));
      return role && SCOPE_OF_ROLE[role];
    },

    /** Whether the user has proved to be who they are in the last ten minutes. */
    async hasProof(c: Context): Promise<boolean> {
      const signedIn = await currentUser(c);
      return signedIn !== undefined && isProved(signedIn);
    },

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
    async own(c: Context): Promise<Actor> {
      const grant = await grantOf(c);
      if (!grant.all) throw new ApiError("token_scope_low", "It takes the owner's token.");
      const actor = actorOf(grant);
      await audit.begin(c, actor, null);
      return actor;
    },

    /** Records which project a call of the owner is about, where only its body or the object it names says so. */
    about: audit.about,

    /** Records the names of what a call or form changes, beside its path. */
    note: audit.note,

    /**
     * Throws unless the caller may administer the project `named`, or without a name its token's own. Returns that
     * project; undefined for every project, which takes the owner's token. Removed projects are not refused, since
     * their audit entries stay.
     */
    async administer(c: Context, named?: string): Promise<string | undefined> {
      const grant = await grantOf(c);
      const slug = named ?? (grant.all ? undefined : grant.project);
      if (slug !== undefined) checkGrant(grant, slug, "admin");
      await audit.begin(c, actorOf(grant), slug ?? null);
      return slug;
    },

    /** The projects that the caller may read. Throws `token_wrong`. */
    async readable(c: Context): Promise<Readable> {
      if (authorization(c) !== undefined) return grantOf(c);
      return (await currentUser(c)) ? { all: true } : { all: false, public: true };
    },
  };
}
