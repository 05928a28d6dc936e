import { isLoopback } from "../listen.ts";

/** Whether a text names a mail server: `smtp://user:password@host:port` or `smtps://…`. */
export function isSmtpUrl(text: string): boolean {
  return /^smtps?:\/\/[^/]/.test(URL.parse(text)?.href ?? "");
}

/** Whether the connection has to be made secure before anything is said: there is a password to lose. */
export function needsTls(smtpUrl: string): boolean {
  const { username, hostname } = new URL(smtpUrl);
  return username !== "" && !isLoopback(hostname);
}
