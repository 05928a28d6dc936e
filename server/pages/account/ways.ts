import type { UsersPart } from "../../accounts/users/index.ts";
import type { User } from "../../accounts/users/users.ts";

/** Whether a user could still sign in without one passkey, or one account at GitHub. The owner always has the link. */
export async function hasOtherWay(
  { passkeys, identities, gitHub, mails }: UsersPart,
  user: User,
  without: { passkey?: string; gitHub?: string },
): Promise<boolean> {
  const byMail = user.email !== null && (user.hasPassword || mails.enabled);
  if (user.owner || byMail) return true;
  const keys = passkeys.missing ? [] : await passkeys.list(user.id);
  if (keys.some(({ id }) => id !== without.passkey)) return true;
  const accounts = gitHub ? await identities.list(user.id) : [];
  return accounts.some(({ subject }) => subject !== without.gitHub);
}
