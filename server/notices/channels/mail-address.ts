import { email, is, maxLength, pipe, string } from "valibot";

const Address = pipe(string(), maxLength(320), email());

/** Local host names, which accept no mail from elsewhere. */
const NOWHERE = /@(.+\.)?(localhost|localdomain|local|invalid|internal)$/;
/** No-reply addresses that people give to Git, in the forms of GitHub and GitLab. */
const NOBODY = /^(no-?reply|donotreply)([+.-].*)?@|@(.+\.)?no-?reply\./;

/**
 * The address in its canonical form for comparison; undefined where it can't or should not receive mail.
 */
export function mailAddress(text: string): string | undefined {
  const address = text.trim();
  // The schema rejects apostrophes, which names such as O'Brien contain.
  if (!is(Address, address.replace(/'(?=[^@]*@)/g, "_"))) return undefined;
  const lower = address.toLowerCase();
  if (NOWHERE.test(lower) || NOBODY.test(lower)) return undefined;
  // The part before the @ may be case-sensitive; almost no server treats it so.
  return lower;
}
