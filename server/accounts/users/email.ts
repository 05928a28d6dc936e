import { email, is, maxLength, pipe, string } from "valibot";

/** 254 characters are the most that a mail server takes. */
const Address = pipe(string(), maxLength(254), email());

/** The address in the form in which accounts are found by it; undefined if it is none. */
export function parseEmail(text: string): string | undefined {
  const address = text.trim();
  // The schema takes letters that lower case or a mail server turns into others, such as the Kelvin sign.
  if (/[^\x21-\x7e]/.test(address)) return undefined;
  // The schema rejects apostrophes, which names such as O'Brien contain.
  if (!is(Address, address.replace(/'(?=[^@]*@)/g, "_"))) return undefined;
  // The part before the @ may be case-sensitive; almost no server treats it so.
  return address.toLowerCase();
}
