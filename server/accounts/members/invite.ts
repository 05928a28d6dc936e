import { actorWords, isPerson, type Actor } from "../../../protocol/actors.ts";
import type { MadeInvitation } from "../../../protocol/members.ts";
import type { Role } from "../../../protocol/roles.ts";
import type { AccountMails } from "../users/mails.ts";
import type { Invitations } from "./invitations.ts";

export type Invite = ReturnType<typeof createInvite>;

/** Makes invitations, and mails their links where the server sends mails. */
export function createInvite({
  invitations,
  mails,
}: {
  invitations: Invitations;
  mails: Pick<AccountMails, "enabled" | "send">;
}) {
  return async (of: {
    project: string;
    role: Role;
    email: string | undefined;
    actor: Actor;
  }): Promise<MadeInvitation> => {
    const { project, role, email, actor } = of;
    const by = actorWords(actor);
    const user = isPerson(actor) ? actor.id : null;
    const made = await invitations.make({ project, role, by, user });
    const mailed = email !== undefined && mails.enabled;
    if (mailed) {
      mails.send({
        to: email,
        subject: `${project}: you are invited`,
        before: [`${by} invites you to the project ${project} as ${role}.`],
        link: ["Accept the invitation", made.url],
        after: ["The link works once, for seven days. If you don't know the project, ignore it."],
      });
    }
    return { ...made, mailed };
  };
}
