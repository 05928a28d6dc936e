import { Hono } from "hono";
import { paths } from "../../protocol/paths.ts";
import { SessionListSchema, UserListSchema, WhoamiSchema } from "../../protocol/people.ts";
import { describe, TOKEN_ERRORS } from "../http/openapi/describe.ts";
import type { Access } from "./access.ts";
import type { Leavers } from "./leavers.ts";
import type { SessionList } from "./session-list.ts";
import type { Tokens } from "./tokens.ts";

const FRESH = { "cache-control": "no-store" };

export interface PeopleRoutesDeps {
  access: Access;
  tokens: Pick<Tokens, "revokeOf">;
  sessionList: SessionList;
  leavers: Leavers;
}

/** Users, their sessions, and whose token a call carries. Without CORS: no page calls these. */
export function peopleRoutes({ access, tokens, sessionList, leavers }: PeopleRoutesDeps): Hono {
  const app = new Hono();

  app.get(paths.whoami, docs.whoami, async (c) => c.json(await access.whoami(c), 200, FRESH));

  app.delete(paths.whoami, docs.logOut, async (c) => {
    const { user, token } = await access.person(c);
    if (user && token) await tokens.revokeOf(user.id, token.id);
    return c.body(null, 204);
  });

  // The owner's token sees and ends everybody's, a person their own.
  app.get(paths.sessions, docs.sessions, async (c) => {
    const { user } = await access.person(c);
    return c.json({ sessions: await sessionList.list(user?.id) }, 200, FRESH);
  });

  app.delete(paths.session(":id"), docs.endSession, async (c) => {
    const { user } = await access.person(c);
    await sessionList.end(c.req.param("id") ?? "", user?.id);
    return c.body(null, 204);
  });

  app.get(paths.users, docs.users, async (c) => {
    await access.own(c);
    return c.json({ users: await leavers.list() }, 200, FRESH);
  });

  app.delete(paths.user(":id"), docs.removeUser, async (c) => {
    await access.own(c);
    await leavers.remove(c.req.param("id") ?? "");
    return c.body(null, 204);
  });

  return app;
}

const common = { tag: "Projects", security: "owner" } as const;

const docs = {
  whoami: describe({
    ...common,
    summary: "Say whose token a call carries",
    answers: { 200: ["Who, and what they may do.", WhoamiSchema] },
    errors: ["token_missing", "token_wrong"],
  }),
  logOut: describe({
    ...common,
    summary: "Revoke the personal token that the call carries",
    description: "The owner's token stays.",
    answers: { 204: ["It is refused from now on."] },
    errors: TOKEN_ERRORS,
  }),
  sessions: describe({
    ...common,
    summary: "List browsers that are signed in",
    description: "A person's token or session sees their own, the owner's token everybody's.",
    answers: { 200: ["The last used first.", SessionListSchema] },
    errors: TOKEN_ERRORS,
  }),
  endSession: describe({
    ...common,
    summary: "Sign a browser out",
    parameters: { id: "The session's id, as the list shows it." },
    answers: { 204: ["It is signed out."] },
    errors: [...TOKEN_ERRORS, "session_not_found"],
  }),
  users: describe({
    ...common,
    summary: "List the users of the server",
    description: "By the owner's token.",
    answers: { 200: ["By name.", UserListSchema] },
    errors: TOKEN_ERRORS,
  }),
  removeUser: describe({
    ...common,
    summary: "Remove a user",
    description:
      "By the owner's token. Ends sessions, tokens, memberships and ways to sign in, all at once, and the invitations and tokens that the user made.",
    parameters: { id: "The user's id, as the list shows it." },
    answers: { 204: ["Nothing of the user lets anybody in from now on."] },
    errors: [...TOKEN_ERRORS, "user_not_found", "owner_needed"],
  }),
};
