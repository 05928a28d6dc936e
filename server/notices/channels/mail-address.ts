import { email, is, maxLength, pipe, string } from "valibot";

const Address = pipe(string(), maxLength(320), email());

/** Names of machines, which take no mail from elsewhere. */
const NOWHERE = /@(.+\.)?(localhost|localdomain|local|invalid|internal)$/;
/** What people give to Git so that nobody writes to them, as GitHub and GitLab make it. */
const NOBODY = /^(no-?reply|donotreply)([+.-].*)?@|@(.+\.)?no-?reply\./;

/** The address in the form it is compared by; undefined where it can't or doesn't want to get mail. */
export function mailAddress(text: string): string | undefined {
  const address = text.trim();
  // The schema knows no apostrophe, which names such as O'Brien bring along.
  if (!is(Address, address.replace(/'(?=[^@]*@)/g, "_"))) return undefined;
  const lower = address.toLowerCase();
  if (NOWHERE.test(lower) || NOBODY.test(lower)) return undefined;
  // What stands before the @ may tell a from A; hardly anybody's does.
  return lower;
}
