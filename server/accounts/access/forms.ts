import type { Context } from "hono";
import type { Actor } from "../../../protocol/actors.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { SCOPE_OF_ROLE, type Scope } from "../../../protocol/roles.ts";
import { checkSameOrigin } from "../../http/requests/same-origin.ts";
import type { SignedIn } from "../sessions.ts";
import type { AccessChecks, AccessDeps } from "./checks.ts";

/** How long a proof of who uses a browser counts for actions that destroy something. */
const FRESH_MS = 10 * 60_000;

export interface SubmitOptions {
  /** Whether the form destroys something, which takes a proof of the last ten minutes. */
  fresh?: boolean;
}

export type FormAccess = ReturnType<typeof createFormAccess>;

/** Authorizes forms of pages: by session, and only from this server's own pages. */
export function createFormAccess(
  { audit, currentUser, url, now }: AccessDeps,
  { checkRole, roleIn }: AccessChecks,
) {
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

  return {
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
  };
}
