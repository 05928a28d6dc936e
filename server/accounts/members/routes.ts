import { Hono } from "hono";
import {
  ChangeMemberSchema,
  InvitationListSchema,
  InviteSchema,
  MadeInvitationSchema,
  MemberListSchema,
} from "../../../protocol/members.ts";
import { paths } from "../../../protocol/paths.ts";
import { jsonBody } from "../../http/json-body.ts";
import { describeForOwner } from "../../http/openapi/describe.ts";
import { projectIn, type Access } from "../access.ts";
import type { Invite } from "./invite.ts";
import type { Invitations } from "./invitations.ts";
import type { Members } from "./members.ts";

const MAX_BODY_BYTES = 4 * 1024;
const SLUG = ":owner/:name";
const FRESH = { "cache-control": "no-store" };

export interface MemberRoutesDeps {
  members: Members;
  invitations: Invitations;
  invite: Invite;
  access: Access;
}

/** Members of projects and invitations to them. Without CORS: no page calls these. */
export function memberRoutes({ members, invitations, invite, access }: MemberRoutesDeps): Hono {
  const app = new Hono();

  app.get(paths.members(SLUG), docs.list, async (c) => {
    const slug = projectIn(c);
    await access.belong(c, slug);
    const shown = await members.list(slug);
    const isOwner = await access.mayOwn(c, slug);
    const list = isOwner ? shown : shown.map((member) => ({ ...member, email: null }));
    return c.json({ members: list }, 200, FRESH);
  });

  app.put(paths.member(SLUG, ":user"), docs.change, async (c) => {
    const slug = projectIn(c);
    await access.act(c, slug, "own");
    const { role } = await jsonBody(c, ChangeMemberSchema, MAX_BODY_BYTES);
    access.note(c, role);
    await members.setRole(slug, c.req.param("user") ?? "", role);
    return c.body(null, 204);
  });

  app.delete(paths.member(SLUG, ":user"), docs.remove, async (c) => {
    const slug = projectIn(c);
    await access.act(c, slug, "own");
    await members.remove(slug, c.req.param("user") ?? "");
    return c.body(null, 204);
  });

  app.get(paths.invitations(SLUG), docs.invitations, async (c) => {
    const slug = projectIn(c);
    await access.act(c, slug, "own");
    return c.json({ invitations: await invitations.list(slug) }, 200, FRESH);
  });

  app.post(paths.invitations(SLUG), docs.invite, async (c) => {
    const slug = projectIn(c);
    const actor = await access.act(c, slug, "own");
    const { role, email } = await jsonBody(c, InviteSchema, MAX_BODY_BYTES);
    access.note(c, role);
    return c.json(await invite({ project: slug, role, email, actor }), 201, FRESH);
  });

  app.delete(paths.invitation(SLUG, ":id"), docs.withdraw, async (c) => {
    const slug = projectIn(c);
    await access.act(c, slug, "own");
    await invitations.withdraw(slug, c.req.param("id") ?? "");
    return c.body(null, 204);
  });

  return app;
}

const docs = {
  list: describeForOwner({
    summary: "List a project's members",
    description: "E-mail addresses are shown to its owners alone.",
    answers: { 200: ["By name.", MemberListSchema] },
  }),
  change: describeForOwner({
    summary: "Change a member's role",
    parameters: { user: "The user's id, as the list shows it." },
    body: ChangeMemberSchema,
    answers: { 204: ["It counts from now on."] },
    errors: ["member_not_found", "last_owner"],
  }),
  remove: describeForOwner({
    summary: "Remove a member",
    parameters: { user: "The user's id, as the list shows it." },
    answers: { 204: ["The user may read and change nothing there from now on."] },
    errors: ["member_not_found", "last_owner"],
  }),
  invitations: describeForOwner({
    summary: "List invitations that nobody has accepted",
    answers: { 200: ["Without their links.", InvitationListSchema] },
  }),
  invite: describeForOwner({
    summary: "Invite somebody to a project",
    description:
      "Makes a link that works once, for seven days: who opens it and signs in becomes a member. With `email`, a server that sends mails sends it there; the answer does not tell whether the address has an account.",
    body: InviteSchema,
    answers: { 201: ["With its link, in this answer alone.", MadeInvitationSchema] },
    errors: ["invitations_full"],
  }),
  withdraw: describeForOwner({
    summary: "Withdraw an invitation",
    parameters: { id: "The invitation's id, as the list shows it." },
    answers: { 204: ["Its link works no more."] },
    errors: ["invitation_not_found"],
  }),
};
