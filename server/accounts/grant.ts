import type { Actor } from "../../protocol/actors.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { scopeIncludes, type Scope } from "../../protocol/roles.ts";
import type { TokenScope } from "../../protocol/tokens.ts";

/**
 * What an API token may do: everything for the owner's, what its scope says in its project, or what its user's roles
 * say.
 */
export type Grant = { by: "owner" } | ProjectGrant | UserGrant;

interface ProjectGrant {
  by: "token";
  id: string;
  name: string;
  project: string;
  scope: TokenScope;
}

/** A token that a person got by `deferred login`. */
export interface UserGrant {
  by: "user";
  /** Of the token. */
  id: string;
  user: { id: string; name: string; email: string | null; owner: boolean };
  expiresAt: number | null;
}

/** Who acts by a token. */
export function actorOf(grant: Grant): Actor {
  switch (grant.by) {
    case "owner":
      return { kind: "owner", id: "owner", name: "" };
    case "token":
      return { kind: "token", id: grant.id, name: grant.name };
    case "user": {
      const { id, name, owner } = grant.user;
      return { kind: owner ? "owner" : "user", id, name };
    }
    default:
      return grant satisfies never;
  }
}

/** The user with whose rights the tokens that they make end; null: the server's owner, who keeps them. */
export const makerOf = ({ kind, id }: Actor): string | null => (kind === "user" ? id : null);

/** Throws `project_not_found` for another project's token, `token_scope_low` if its scope does not include `scope`. */
export function checkGrant(grant: Exclude<Grant, UserGrant>, slug: string, scope: Scope): void {
  if (grant.by === "owner") return;
  if (grant.project !== slug) throw new ApiError("project_not_found");
  if (scopeIncludes(grant.scope, scope)) return;
  if (scope === "own") {
    throw new ApiError("token_scope_low", "It takes the token of an owner.");
  }
  throw new ApiError(
    "token_scope_low",
    `It takes the scope ${scope}; this token's is ${grant.scope}.`,
  );
}

/** Whether the token is one of the server's owner, who may do everything. */
export function isOwners(grant: Grant): boolean {
  return grant.by === "owner" || (grant.by === "user" && grant.user.owner);
}
