import { isLoopbackHost } from "../../protocol/addresses.ts";

/** Whether a text is the URL of a mail server: `smtp://user:password@host:port` or `smtps://…`. */
export function isSmtpUrl(text: string): boolean {
  return /^smtps?:\/\/[^/]/.test(URL.parse(text)?.href ?? "");
}

/**
 * Whether STARTTLS is required: the URL contains a password, and `?ignoreTLS=true` does not allow to send it
 * unencrypted.
 */
export function needsTls(smtpUrl: string): boolean {
  const { username, hostname, searchParams } = new URL(smtpUrl);
  const waived = searchParams.get("ignoreTLS") === "true";
  return username !== "" && !isLoopbackHost(hostname) && !waived;
}
