import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { newId } from "../../database/ids.ts";
import { isRefusedForGood, type Mailer } from "../../mail/mailer.ts";

export type AccountMails = ReturnType<typeof createAccountMails>;

export interface AccountMail {
  to: string;
  subject: string;
  /** The event, and the reader's next step. */
  before: readonly string[];
  /** Label and address of the link in the middle. */
  link?: readonly [label: string, url: string];
  after: readonly string[];
}

/** Pauses before each further attempt. */
const DELAYS_MS = [2_000, 15_000, 60_000];
/** Mails that may wait in memory. */
const MAX_WAITING = 200;

/**
 * Sends mails about accounts in the background: an answer that waited for the mail server would tell whether there
 * was a mail to send. They are not stored: their links end soon, and people ask for another.
 */
export function createAccountMails({
  mailer,
  log,
  delays = DELAYS_MS,
}: {
  /** Absent: nothing is sent, see `enabled`. */
  mailer: Mailer | undefined;
  log: Logger;
  delays?: readonly number[];
}) {
  const over = new AbortController();
  let waiting = 0;

  async function deliver(transport: Mailer, mail: AccountMail): Promise<void> {
    const messageId = `<account.${newId()}@${transport.host}>`;
    const { to, subject } = mail;
    for (const delay of [...delays, undefined]) {
      try {
        await transport.send({ to, subject, text: textOf(mail), messageId });
        return;
      } catch (error) {
        if (delay === undefined || isRefusedForGood(error)) throw error;
        await sleep(delay, undefined, { signal: over.signal });
      }
    }
  }

  return {
    enabled: mailer !== undefined,

    send(mail: AccountMail): void {
      if (!mailer) return;
      if (waiting >= MAX_WAITING) {
        log.error("a mail about an account was dropped: too many wait for the mail server");
        return;
      }
      waiting++;
      deliver(mailer, mail)
        .catch((error: unknown) => {
          if (!over.signal.aborted)
            log.error({ err: error }, "a mail about an account was not sent");
        })
        .finally(() => waiting--);
    },

    close: () => over.abort(),
  };
}

function textOf({ before, link, after }: AccountMail): string {
  const middle = link ? [`${link[0]}:\n${link[1]}`] : [];
  return `${[...before, ...middle, ...after].join("\n\n")}\n`;
}
