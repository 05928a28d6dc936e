import type { Context } from "hono";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { actorOf, isOwners } from "../grant.ts";
import type { AccessChecks, AccessDeps } from "./checks.ts";
import type { FormAccess } from "./forms.ts";

/** Authorizes who makes projects: the server's owner, and as the settings say each person with an account. */
export function createMakerAccess(
  { audit, currentUser, newProjects }: AccessDeps,
  { grantOf }: AccessChecks,
  { submitAsOwner, submitAccount }: FormAccess,
) {
  return {
    /** Whether pages show the signed-in user how to make a project. */
    async mayMakeProject(c: Context): Promise<boolean> {
      const signedIn = await currentUser(c);
      return signedIn !== undefined && (signedIn.user.owner || newProjects === "users");
    },

    /**
     * Authorizes a call that makes a project. Returns the id of the user who becomes the project's owner; undefined
     * for the server's owner. Throws `token_scope_low`.
     */
    async makeProject(c: Context): Promise<string | undefined> {
      const grant = await grantOf(c);
      const maker = grant.by === "user" && newProjects === "users" ? grant.user.id : undefined;
      if (!isOwners(grant) && maker === undefined) {
        throw new ApiError(
          "token_scope_low",
          newProjects === "users"
            ? "It takes the token of a person."
            : "It takes the owner's token.",
        );
      }
      await audit.begin(c, actorOf(grant), null);
      return isOwners(grant) ? undefined : maker;
    },

    /** The same for a form. Throws `not_found` for other users. */
    async submitProject(c: Context): Promise<string | undefined> {
      if (newProjects === "owner") {
        await submitAsOwner(c);
        return undefined;
      }
      const { user } = await submitAccount(c);
      return user.owner ? undefined : user.id;
    },
  };
}
