import { isLoopbackHost } from "../../protocol/addresses.ts";

/** Whether a text names a mail server: `smtp://user:password@host:port` or `smtps://…`. */
export function isSmtpUrl(text: string): boolean {
  return /^smtps?:\/\/[^/]/.test(URL.parse(text)?.href ?? "");
}

/**
 * Whether the connection has to be made secure before anything is said: there is a password to lose, and
 * nobody said by `?ignoreTLS=true` that it may be.
 */
export function needsTls(smtpUrl: string): boolean {
  const { username, hostname, searchParams } = new URL(smtpUrl);
  const waived = searchParams.get("ignoreTLS") === "true";
  return username !== "" && !isLoopbackHost(hostname) && !waived;
}
