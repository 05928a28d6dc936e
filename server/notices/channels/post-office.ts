import type { StoredMail } from "./mail-text.ts";
import type { SendOutcome } from "../outcome.ts";
import { parseSender } from "../../settings/sender-address.ts";
import { needsTls } from "../../settings/smtp-url.ts";

export type PostOffice = Awaited<ReturnType<typeof createPostOffice>>;

/** How long a mail server may take for each answer. */
const ANSWERED_WITHIN_MS = 15_000;

export interface PostOfficeOptions {
  /** `smtp://user:password@host:port` or `smtps://…`. */
  smtpUrl: string;
  /** `Name <address>`; absent: made from the server's own name. */
  from: string | undefined;
  /** The server's public URL. */
  url: string;
}

/** Sends mails by the SMTP server of the settings. */
export async function createPostOffice({ smtpUrl, from, url }: PostOfficeOptions) {
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
    async send(id: string, mail: StoredMail): Promise<SendOutcome> {
      const thread = `<branch.${mail.thread}@${host}>`;
      const [owner = "", name = ""] = mail.list.split("/");
      try {
        const { response } = await transport.sendMail({
          from: sender,
          // As parts: one address is never parsed as several.
          to: { name: "", address: mail.to },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: `<notice.${id}@${host}>`,
          inReplyTo: thread,
          references: thread,
          headers: {
            "Auto-Submitted": "auto-generated",
            "List-Id": `${mail.list} <${listLabel(name)}.${listLabel(owner)}.${host}>`,
            "X-Auto-Response-Suppress": "All",
          },
        });
        return { kind: "sent", answer: `The mail server answered ${sentence(response)}` };
      } catch (error) {
        return refusal(error);
      }
    },

    /** Rejects where the server can't be reached or refuses the login. */
    greet: () => transport.verify(),

    close: () => transport.close(),
  };
}

/** An SMTP answer of 5xx to the mail itself is permanent; connection failures are retried. */
function refusal(error: unknown): SendOutcome {
  const { message, code, responseCode } = error as Error & { code?: string; responseCode?: number };
  const answer = `The mail was not taken: ${sentence(message)}`;
  const forGood =
    (code === "EENVELOPE" || code === "EMESSAGE") &&
    responseCode !== undefined &&
    responseCode >= 500;
  return { kind: forGood ? "never" : "again", answer };
}

function sentence(text: string): string {
  const short = text.replace(/\s+/g, " ").trim().slice(0, 300);
  return /[.!?]$/.test(short) ? short : `${short}.`;
}

function listLabel(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
}
