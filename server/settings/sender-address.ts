import { email, is, pipe, string } from "valibot";

/** `Name <address>` or an address; undefined where it is neither. */
export function parseSender(
  text: string | undefined,
): { name: string; address: string } | undefined {
  const [, name = "", inside] = /^(?:"?([^"<>\p{Cc}]*?)"?\s*<([^<>]+)>)$/u.exec(text ?? "") ?? [];
  const address = (inside ?? text ?? "").trim();
  return is(pipe(string(), email()), address) ? { name: name.trim(), address } : undefined;
}
