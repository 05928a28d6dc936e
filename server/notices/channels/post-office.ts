import { isRefusedForGood, type Mailer } from "../../mail/mailer.ts";
import type { SendOutcome } from "../outcome.ts";
import type { StoredMail } from "./mail-text.ts";

export type PostOffice = ReturnType<typeof createPostOffice>;

/** Sends the mails of notices, as threads of their branch and with the headers of a list. */
export function createPostOffice(mailer: Mailer) {
  const { host } = mailer;
  return {
    async send(id: string, mail: StoredMail): Promise<SendOutcome> {
      const [owner = "", name = ""] = mail.list.split("/");
      try {
        const response = await mailer.send({
          to: mail.to,
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: `<notice.${id}@${host}>`,
          inReplyTo: `<branch.${mail.thread}@${host}>`,
          headers: {
            "List-Id": `${mail.list} <${listLabel(name)}.${listLabel(owner)}.${host}>`,
          },
        });
        return { kind: "sent", answer: `The mail server answered ${sentence(response)}` };
      } catch (error) {
        const answer = `The mail was not taken: ${sentence((error as Error).message)}`;
        return { kind: isRefusedForGood(error) ? "never" : "again", answer };
      }
    },

    close: () => mailer.close(),
  };
}

function sentence(text: string): string {
  const short = text.replace(/\s+/g, " ").trim().slice(0, 300);
  return /[.!?]$/.test(short) ? short : `${short}.`;
}

function listLabel(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9-]+/g, "-");
}
