import type { Context } from "hono";
import type { Actor } from "../../protocol/actors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { createAccessChecks, type AccessDeps } from "./access/checks.ts";
import { createFormAccess } from "./access/forms.ts";
import { createMakerAccess } from "./access/makers.ts";
import { createPeopleAccess } from "./access/people.ts";
import { actorOf, checkGrant, isOwners } from "./grant.ts";

/**
 * The only place that authorizes requests: each route calls one of these and states the scope that it takes. In the
 * API, a session cookie grants read access only, and everything else needs an API token. Forms of pages use `submit`.
 */
export type Access = ReturnType<typeof createAccess>;

export function createAccess(deps: AccessDeps) {
  const { projects, audit, currentUser } = deps;
  const checks = createAccessChecks(deps);
  const { grantOf, act, belong, checkMaintains } = checks;
  const forms = createFormAccess(deps, checks);

  return {
    /** Whose session the request carries; undefined: nobody is signed in. */
    currentUser,

    ...forms,
    ...createMakerAccess(deps, checks, forms),
    ...createPeopleAccess(deps, checks),

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

    /** Throws unless the caller has the token of the server's owner. */
    async own(c: Context): Promise<Actor> {
      const grant = await grantOf(c);
      if (!isOwners(grant)) throw new ApiError("token_scope_low", "It takes the owner's token.");
      const actor = actorOf(grant);
      await audit.begin(c, actor, null);
      return actor;
    },

    /** Records which project a call of the owner is about, where only its body or the object it names says so. */
    about: audit.about,

    /** Records the names of what a call or form changes, beside its path. */
    note: audit.note,

    /** Records a change of an account made by the callback of another site, such as GitHub. `detail` describes it. */
    record: audit.record,

    /**
     * Throws unless the caller may administer the project `named`, or without a name its token's own. Returns that
     * project; undefined for every project, which takes the owner's token. Removed projects are not refused, since
     * their audit entries stay.
     */
    async administer(c: Context, named?: string): Promise<string | undefined> {
      const grant = await grantOf(c);
      const slug = named ?? (grant.by === "token" ? grant.project : undefined);
      if (grant.by === "user" && !grant.user.owner) await checkMaintains(grant, slug);
      else if (grant.by !== "user" && slug !== undefined) checkGrant(grant, slug, "admin");
      await audit.begin(c, actorOf(grant), slug ?? null);
      return slug;
    },
  };
}

/** The project in the path of a call about one. */
export function projectIn(c: Context): string {
  return `${c.req.param("owner")}/${c.req.param("name")}`;
}
