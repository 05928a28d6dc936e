import { parseSender } from "../settings/sender-address.ts";
import { needsTls } from "../settings/smtp-url.ts";

export type Mailer = Awaited<ReturnType<typeof createMailer>>;

/** How long a mail server may take for each answer. */
const ANSWERED_WITHIN_MS = 15_000;

export interface MailerOptions {
  /** `smtp://user:password@host:port` or `smtps://…`. */
  smtpUrl: string;
  /** `Name <address>`; absent: made from the server's own name. */
  from: string | undefined;
  /** The server's public URL. */
  url: string;
}

export interface Mail {
  /** One address. */
  to: string;
  subject: string;
  text: string;
  html?: string;
  messageId: string;
  /** The message id of the thread that the mail belongs to. */
  inReplyTo?: string;
  headers?: Record<string, string>;
}

/** Sends mails by the SMTP server of the settings. */
export async function createMailer({ smtpUrl, from, url }: MailerOptions) {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
  // Loaded on demand: it is a tenth of the processor time of a start.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    url: smtpUrl,
    requireTLS: needsTls(smtpUrl),
    connectionTimeout: ANSWERED_WITHIN_MS,
    greetingTimeout: ANSWERED_WITHIN_MS,
    socketTimeout: ANSWERED_WITHIN_MS,
    // A mail holds its own text; no file or URL in it is read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const sender = parseSender(from) ?? {
    name: "Deferred Runner",
    address: `deferred-runner@${host}`,
  };

  return {
    /** The host name for message ids. */
    host,

    /** Resolves with the mail server's answer. Rejects if it does not take the mail. */
    async send({ to, inReplyTo, headers, ...mail }: Mail): Promise<string> {
      const { response } = await transport.sendMail({
        ...mail,
        from: sender,
        // As parts: one address is never parsed as several.
        to: { name: "", address: to },
        ...(inReplyTo !== undefined && { inReplyTo, references: inReplyTo }),
        headers: {
          "Auto-Submitted": "auto-generated",
          "X-Auto-Response-Suppress": "All",
          ...headers,
        },
      });
      return response;
    },

    /** Rejects where the server can't be reached or refuses the login. */
    greet: () => transport.verify(),

    close: () => transport.close(),
  };
}

/** Whether the mail server refused the mail itself for good; other failures may be tried again. */
export function isRefusedForGood(error: unknown): boolean {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  return (
    (code === "EENVELOPE" || code === "EMESSAGE") &&
    responseCode !== undefined &&
    responseCode >= 500
  );
}
