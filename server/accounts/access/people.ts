import type { Context } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Whoami } from "../../../protocol/people.ts";
import { actorOf, isOwners } from "../grant.ts";
import type { SignedIn } from "../sessions.ts";
import type { AccessChecks, AccessDeps, Person } from "./checks.ts";

/**
 * The projects that a caller may read: all, or these, and where `public` is true those that everybody may. `known`:
 * by token or session.
 */
export type Readable =
  | { all: true }
  | { all: false; projects: readonly string[]; public: boolean; known: boolean };

/** A person by session or token; no user: the owner's token, which is no person's. */
export interface PersonalCaller {
  user: SignedIn["user"] | undefined;
  session?: string;
  token?: { id: string; expiresAt: number | null };
}

/** Finds the caller, and the projects that they may see. */
export function createPeopleAccess(
  { audit, currentUser, members }: AccessDeps,
  { authorization, grantOf, personOf, roleIn }: AccessChecks,
) {
  async function readableBy(person: Person | undefined): Promise<Readable> {
    if (person?.user.owner) return { all: true };
    const own = person ? await members.projectsOf(person.user.id) : [];
    const known = person !== undefined;
    return { all: false, projects: own.map(({ slug }) => slug), public: true, known };
  }

  return {
    /** Throws unless the caller's token may own some project: before the body says which. */
    async checkMayOwn(c: Context): Promise<void> {
      const grant = await grantOf(c);
      if (grant.by !== "token") return;
      throw new ApiError("token_scope_low", "It takes the token of an owner.");
    },

    /** Whether the caller, by token or session, may do what a project's owners may. */
    async mayOwn(c: Context, slug: string): Promise<boolean> {
      const person = await personOf(c);
      if (person === undefined) return isOwners(await grantOf(c));
      return (await roleIn(person, slug)) === "owner";
    },

    /** Throws unless the caller has a token or session of a person. The owner's token is the server's owner. */
    async person(c: Context): Promise<PersonalCaller> {
      const bySession = authorization(c) === undefined && c.req.method === "GET";
      const signedIn = bySession ? await currentUser(c) : undefined;
      if (signedIn) return { user: signedIn.user, session: signedIn.session.id };
      const grant = await grantOf(c);
      if (grant.by === "token") {
        throw new ApiError("token_scope_low", "It takes the token of a person.");
      }
      await audit.begin(c, actorOf(grant), null);
      return grant.by === "user"
        ? { user: grant.user, token: { id: grant.id, expiresAt: grant.expiresAt } }
        : { user: undefined };
    },

    /** Who calls, and what they may do. */
    async whoami(c: Context): Promise<Whoami> {
      const grant = await grantOf(c);
      const actor = actorOf(grant);
      if (grant.by === "token") {
        const projects = [{ slug: grant.project, may: grant.scope }];
        return { ...actor, email: null, everything: false, projects, expires_at: null };
      }
      const everything = isOwners(grant);
      if (grant.by === "owner") {
        return { ...actor, email: null, everything, projects: [], expires_at: null };
      }
      const { user, expiresAt } = grant;
      const own = await members.projectsOf(user.id);
      return {
        ...{ ...actor, email: user.email, everything },
        projects: own.map(({ slug, role }) => ({ slug, may: role })),
        expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
      };
    },

    /** The projects that the caller of the API may read. Throws `token_wrong`. */
    async readable(c: Context): Promise<Readable> {
      if (authorization(c) === undefined) return readableBy(await currentUser(c));
      const grant = await grantOf(c);
      if (grant.by === "user") return readableBy(grant);
      if (grant.by === "owner") return { all: true };
      return { all: false, projects: [grant.project], public: false, known: true };
    },

    /** The projects that the signed-in user may see in pages. */
    shownTo: async (c: Context): Promise<Readable> => readableBy(await currentUser(c)),
  };
}
