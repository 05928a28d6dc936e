import type { Context } from "hono";
import type { Actor } from "../../../protocol/actors.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { SCOPE_OF_ROLE, scopeIncludes, type Role, type Scope } from "../../../protocol/roles.ts";
import type { PeopleSettings } from "../../settings/people.ts";
import type { Audit } from "../audit.ts";
import { actorOf, checkGrant, type UserGrant } from "../grant.ts";
import type { Members } from "../members/members.ts";
import type { SignedIn } from "../sessions.ts";
import type { Tokens } from "../tokens.ts";

export interface AccessDeps {
  /** Looks projects and tokens up. Its functions throw the errors that `Access` lists. */
  projects: {
    get(slug: string): Promise<unknown>;
    isPublic(slug: string): Promise<boolean>;
    tokens: Pick<Tokens, "grantOf">;
  };
  /** Records the calls that change something. */
  audit: Pick<Audit, "begin" | "record" | "about" | "note">;
  /** Whose session the request carries. */
  currentUser: (c: Context) => Promise<SignedIn | undefined>;
  members: Pick<Members, "roleOf" | "projectsOf">;
  /** Who may make projects beside the server's owner: nobody, or every person with an account. */
  newProjects: PeopleSettings["newProjects"];
  /** The server's public URL. */
  url: string;
  now: () => number;
}

export type Person = Pick<SignedIn, "user">;

export type AccessChecks = ReturnType<typeof createAccessChecks>;

/** The checks that `createAccess` is made of. */
export function createAccessChecks(deps: AccessDeps) {
  const { projects, audit, currentUser, members } = deps;
  const authorization = (c: Context) => c.req.header("authorization");
  const grantOf = (c: Context) => projects.tokens.grantOf(authorization(c));

  /** Throws unless the caller's token has this scope in the project. */
  async function act(c: Context, slug: string, scope: Scope): Promise<Actor> {
    const grant = await grantOf(c);
    if (grant.by === "user") {
      await checkRole(grant, slug, { scope, tooLow: "token_scope_low" });
    } else {
      checkGrant(grant, slug, scope);
      await projects.get(slug);
    }
    const actor = actorOf(grant);
    await audit.begin(c, actor, slug);
    return actor;
  }

  const roleIn = async ({ user }: Person, slug: string): Promise<Role | undefined> =>
    user.owner ? "owner" : members.roleOf(user, slug);

  /** Throws unless the person's role in the project includes the scope. */
  async function checkRole(
    person: Person,
    slug: string,
    of: {
      scope: Scope;
      /** Whether the project may be a removed one. */
      removed?: boolean | undefined;
      tooLow?: "role_low" | "token_scope_low";
    },
  ): Promise<void> {
    const { scope, removed = false, tooLow = "role_low" } = of;
    const role = await roleIn(person, slug);
    if (role === undefined) throw new ApiError("project_not_found");
    if (!removed) await projects.get(slug);
    if (scopeIncludes(SCOPE_OF_ROLE[role], scope)) return;
    throw new ApiError(tooLow, `Your role there is ${role}.`);
  }

  /** A user's token administers the projects that it names, and where the user is a maintainer. */
  async function checkMaintains(grant: UserGrant, slug: string | undefined): Promise<void> {
    if (slug === undefined) {
      throw new ApiError("token_scope_low", "Name a project, or use the owner's token.");
    }
    await checkRole(grant, slug, { scope: "admin", removed: true, tooLow: "token_scope_low" });
  }

  /** The person whose token or session the request carries. Throws `token_wrong`. */
  async function personOf(c: Context): Promise<Person | undefined> {
    if (authorization(c) === undefined) return currentUser(c);
    const grant = await grantOf(c);
    return grant.by === "user" ? grant : undefined;
  }

  /** Throws unless the caller has a session or a token that reads the project. */
  async function belong(c: Context, slug: string): Promise<void> {
    const signedIn = authorization(c) === undefined ? await currentUser(c) : undefined;
    if (signedIn) await checkRole(signedIn, slug, { scope: "read" });
    else await act(c, slug, "read");
  }

  return { authorization, grantOf, act, roleIn, checkRole, checkMaintains, personOf, belong };
}
