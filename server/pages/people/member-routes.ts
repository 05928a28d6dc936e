import type { Context, Hono } from "hono";
import * as v from "valibot";
import { pagePaths } from "../../../protocol/paths.ts";
import { InviteSchema, type MadeInvitation } from "../../../protocol/members.ts";
import { RoleSchema } from "../../../protocol/roles.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { Access } from "../../accounts/access.ts";
import type { Invite } from "../../accounts/members/invite.ts";
import type { Invitations } from "../../accounts/members/invitations.ts";
import type { Members } from "../../accounts/members/members.ts";
import { slugOf } from "../../projects/slug.ts";
import { UNTOUCHED, type FormState } from "../form/mistakes.ts";
import { fieldText, readForm } from "../form/read-form.ts";
import { trailOf, write, type createServePage } from "../projects/serve-page.ts";
import { shell } from "../projects/shell.ts";
import { membersPage, removeMemberPage } from "./members.ts";

export interface MemberPagesDeps {
  access: Access;
  members: Members;
  invitations: Pick<Invitations, "list" | "withdraw">;
  invite: Invite;
  /** Whether invitations can be mailed. */
  mails: boolean;
  version: string;
  now: () => number;
}

/** The members of a project: seen by all of them, changed by its owners. */
export function addMemberPages(
  app: Hono,
  page: ReturnType<typeof createServePage>,
  deps: MemberPagesDeps,
): void {
  const { access, members, invitations, invite } = deps;
  const SLUG = ":owner/:name";

  async function content(
    c: Context,
    slug: string,
    { made, state = UNTOUCHED }: { made?: MadeInvitation; state?: FormState } = {},
  ) {
    const isOwner = (await access.scopeOf(c, slug)) === "own";
    const main = membersPage({
      ...{ slug, state, now: deps.now(), members: await members.list(slug) },
      reader: (await access.currentUser(c))?.user.id ?? "",
      owner: isOwner
        ? { invitations: await invitations.list(slug), made, mails: deps.mails }
        : undefined,
    });
    const description = `Who may do what in ${slug}.`;
    return {
      title: `Members of ${slug}`,
      here: "Members",
      tab: "members" as const,
      description,
      above: [trailOf(slug)],
      main,
    };
  }

  page(pagePaths.members(SLUG), (c, { project: { slug } }) => content(c, slug), { scope: "read" });

  // The link is in this answer alone, so it is no redirect.
  app.post(pagePaths.members(SLUG), async (c) => {
    const slug = slugOf(c);
    const actor = await access.submit(c, slug, "own");
    const typed = await readForm(c, { maxBytes: 4096 });
    const email = fieldText(typed, "email");
    const role = fieldText(typed, "role");
    const asked = v.safeParse(InviteSchema, { role, ...(email !== "" && { email }) });
    const answer = async (more: { made?: MadeInvitation; state?: FormState }) =>
      shell({
        ...(await content(c, slug, more)),
        about: { slug, may: () => true },
        signedIn: await access.currentUser(c),
        version: deps.version,
      });
    if (!asked.success) {
      const isRole = v.is(RoleSchema, role);
      const mistakes: Record<string, string> = isRole
        ? { email: "This is no e-mail address: write it as name@example.org." }
        : { role: "Choose one of the roles." };
      return write(c, await answer({ state: { typed, mistakes } }), 422);
    }
    access.note(c, asked.output.role);
    const made = await invite({ project: slug, email: undefined, ...asked.output, actor });
    return write(c, await answer({ made }));
  });

  app.post(pagePaths.member(SLUG, ":user"), async (c) => {
    const slug = slugOf(c);
    await access.submit(c, slug, "own");
    const role = v.safeParse(RoleSchema, fieldText(await readForm(c, { maxBytes: 1024 }), "role"));
    if (!role.success) throw new ApiError("body_invalid", "role: choose one of the roles.");
    access.note(c, role.output);
    await members.setRole(slug, c.req.param("user") ?? "", role.output);
    return c.redirect(pagePaths.members(slug), 303);
  });

  page(
    pagePaths.removeMember(SLUG, ":user"),
    async (c, { project: { slug } }) => {
      const user = c.req.param("user");
      const member = (await members.list(slug)).find((one) => one.user === user);
      return (
        member && {
          title: `Remove ${member.name}`,
          description: `Ends the membership of ${member.name} in ${slug}.`,
          above: [trailOf(slug), [pagePaths.members(slug), "Members"] as const],
          main: removeMemberPage(slug, member),
        }
      );
    },
    { scope: "own", fresh: true },
  );

  app.post(pagePaths.removeMember(SLUG, ":user"), async (c) => {
    const slug = slugOf(c);
    await access.submit(c, slug, "own", { fresh: true });
    await members.remove(slug, c.req.param("user") ?? "");
    return c.redirect(pagePaths.members(slug), 303);
  });

  app.post(pagePaths.withdrawInvitation(SLUG, ":id"), async (c) => {
    const slug = slugOf(c);
    await access.submit(c, slug, "own");
    await invitations.withdraw(slug, c.req.param("id") ?? "");
    return c.redirect(pagePaths.members(slug), 303);
  });
}
