import * as v from "valibot";
import { ActorSchema } from "./actors.ts";
import { RoleSchema } from "./roles.ts";
import { TOKEN_SCOPES } from "./tokens.ts";

/** A browser that is signed in. */
const SessionViewSchema = v.object({
  id: v.string(),
  /** The name of its user. */
  user: v.string(),
  /** The browser's `User-Agent`. */
  agent: v.string(),
  began_at: v.string(),
  /** Exact to a minute. */
  last_used_at: v.string(),
  expires_at: v.string(),
});
export type SessionView = v.InferOutput<typeof SessionViewSchema>;
export const SessionListSchema = v.object({ sessions: v.array(SessionViewSchema) });

const UserViewSchema = v.object({
  id: v.string(),
  name: v.string(),
  email: v.nullable(v.string()),
  /** The server's owner, who may do everything. */
  owner: v.boolean(),
  created_at: v.string(),
  projects: v.number(),
  /** Null: no session and no token. */
  last_used_at: v.nullable(v.string()),
});
export type UserView = v.InferOutput<typeof UserViewSchema>;
export const UserListSchema = v.object({ users: v.array(UserViewSchema) });

/** Whose token a call carries, and what it may do. */
export const WhoamiSchema = v.object({
  ...ActorSchema.entries,
  email: v.nullable(v.string()),
  /** Everything, on this server. */
  everything: v.boolean(),
  projects: v.array(
    v.object({ slug: v.string(), may: v.union([RoleSchema, v.picklist(TOKEN_SCOPES)]) }),
  ),
  /** Null: never. */
  expires_at: v.nullable(v.string()),
});
export type Whoami = v.InferOutput<typeof WhoamiSchema>;
