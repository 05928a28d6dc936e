import * as v from "valibot";
import { TOKEN_SCOPES, type TokenScope } from "./tokens.ts";

/** Of a user in a project. Each may do what those before it may. */
export const ROLES = ["viewer", "runner", "maintainer", "owner"] as const;
export type Role = (typeof ROLES)[number];
export const RoleSchema = v.picklist(ROLES);

/** The rights of each, in words. */
export const ROLE_WORDS = {
  viewer: "reads the project, its runs and their output",
  runner: "also starts and cancels runs, replays deliveries and wakes machines",
  maintainer: "also changes settings, secrets, signing keys, hooks and blocks",
  owner: "also decides who the members are, makes tokens and removes the project",
} as const satisfies Record<Role, string>;

/** Scopes of routes. `own` removes the project and changes its members; no token of a project has it. */
export const SCOPES = [...TOKEN_SCOPES, "own"] as const;
export type Scope = TokenScope | "own";

/** The scope that a role has in its project. */
export const SCOPE_OF_ROLE = {
  viewer: "read",
  runner: "run",
  maintainer: "admin",
  owner: "own",
} as const satisfies Record<Role, Scope>;

export function scopeIncludes(given: Scope, scope: Scope): boolean {
  return SCOPES.indexOf(given) >= SCOPES.indexOf(scope);
}
