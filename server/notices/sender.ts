import type { ExpressionBuilder } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import type { Tables } from "../database/schema.ts";
import type { NoticeRow } from "./channels/channel.ts";
import { nextTry, type SendOutcome } from "./outcome.ts";

export interface SenderDeps {
  database: Database;
  /** Tries once; a rejection is retried. */
  send: (notice: NoticeRow, signal: AbortSignal) => Promise<SendOutcome>;
  /** Kinds of notices that wait for earlier ones of the same branch, not only of the same run. */
  orderedByBranch: readonly string[];
  now: () => number;
  log: Logger;
  /** Called with the outcome of each try. */
  onTried?: ((kind: NoticeRow["kind"], outcome: SendOutcome["kind"]) => void) | undefined;
  /** Delays between tries; absent: the defaults for other people's servers. */
  delays?: readonly number[] | undefined;
}

/** Tries at one time; each waits for someone else's server. */
const AT_ONCE = 4;
/** Checks this often, so that a clock that was set back does not delay notices for long. */
const LOOKS_EVERY_MS = 30_000;
const CLOSED_WITHIN_MS = 2000;

/**
 * Sends due notices: a few at a time and one at a time to each target, so that they arrive in order. A try
 * that a crash cut off is repeated under the same id.
 */
export function createSender({
  database,
  send,
  orderedByBranch,
  now,
  log,
  delays,
  onTried,
}: SenderDeps) {
  const { queries } = database;
  /** By target. */
  const underWay = new Map<string, Promise<void>>();
  const stopped = new AbortController();
  let closed = false;
  let looking = false;
  let again = false;
  let timer: NodeJS.Timeout | undefined;

  /** Sends due notices; a call during a check makes it check once more. */
  function kick(): void {
    if (stopped.signal.aborted) return;
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    again = false;
    look()
      .catch((error: unknown) => log.error({ err: error }, "notices could not be looked for"))
      .finally(() => {
        looking = false;
        if (again) kick();
      });
  }

  async function look(): Promise<void> {
    clearTimeout(timer);
    while (underWay.size < AT_ONCE) {
      const notice = await nextDue();
      if (!notice || stopped.signal.aborted) break;
      const { target } = notice;
      const done = tryOnce(notice).finally(() => {
        underWay.delete(target);
        kick();
      });
      underWay.set(target, done);
    }
    if (!stopped.signal.aborted) await wakeForNext();
  }

  /**
   * The next due notice whose target is free and which has no earlier unsent one. New notices come first,
   * so that a few unreachable addresses do not delay the others.
   */
  function nextDue(): Promise<NoticeRow | undefined> {
    return queries
      .selectFrom("notices")
      .selectAll()
      .where("next_at", "<=", now())
      .where(isFirst(orderedByBranch))
      .$if(underWay.size > 0, (some) => some.where("target", "not in", [...underWay.keys()]))
      .orderBy("tries")
      .orderBy("created_at")
      .orderBy("id")
      .limit(1)
      .executeTakeFirst();
  }

  async function wakeForNext(): Promise<void> {
    const next = await queries
      .selectFrom("notices")
      .select("next_at")
      .where("next_at", ">", now())
      .orderBy("next_at")
      .limit(1)
      .executeTakeFirst();
    // It may have become due during the query.
    const wait = next ? Math.max(0, next.next_at! - now()) + 1 : LOOKS_EVERY_MS;
    timer = setTimeout(kick, Math.min(wait, LOOKS_EVERY_MS)).unref();
  }

  async function tryOnce(notice: NoticeRow): Promise<void> {
    const facts = { notice: notice.id, kind: notice.kind, run: notice.run };
    try {
      const outcome = await send(notice, stopped.signal).catch((error: unknown): SendOutcome => {
        return { kind: "again", answer: reasonOf(error) };
      });
      if (closed || (stopped.signal.aborted && outcome.kind !== "sent")) return;
      await record(notice, outcome);
      onTried?.(notice.kind, outcome.kind);
      if (outcome.kind === "sent") log.debug(facts, "a notice was sent");
      else log.info({ ...facts, answer: outcome.answer }, "a notice was not taken");
    } catch (error) {
      log.error({ err: error, ...facts }, "what became of a notice could not be recorded");
    }
  }

  async function record(notice: NoticeRow, outcome: SendOutcome): Promise<void> {
    const tries = notice.tries + 1;
    const update = queries.updateTable("notices").where("id", "=", notice.id);
    const told = { tries, answer: outcome.answer };
    if (outcome.kind === "sent") {
      await update.set({ ...told, sent_at: now(), next_at: null }).execute();
      return;
    }
    const at =
      outcome.kind === "never"
        ? null
        : nextTry({ createdAt: notice.created_at, tries }, outcome.afterMs, {
            now: now(),
            random: Math.random(),
            delays,
          });
    // A notice that was replaced or removed meanwhile is not retried.
    await update
      .set({ ...told, next_at: at })
      .where("next_at", "is not", null)
      .execute();
  }

  return {
    kick,
    async close(): Promise<void> {
      stopped.abort();
      clearTimeout(timer);
      // A mail in transfer can't be called off: after this wait its outcome is not recorded, and it is sent
      // again.
      const patience = Promise.withResolvers<void>();
      const over = setTimeout(patience.resolve, CLOSED_WITHIN_MS);
      await Promise.race([Promise.all(underWay.values()), patience.promise]);
      clearTimeout(over);
      closed = true;
    },
  };
}

/** For a `where`: no earlier notice to the same target has to be sent first. */
function isFirst(orderedByBranch: readonly string[]) {
  return ({ not, exists, selectFrom }: ExpressionBuilder<Tables, "notices">) =>
    not(
      exists(
        selectFrom("notices as earlier")
          .innerJoin("runs as run_of_earlier", "run_of_earlier.id", "earlier.run")
          .innerJoin("runs as own_run", (join) => join.onRef("own_run.id", "=", "notices.run"))
          .select("earlier.id")
          .where("earlier.next_at", "is not", null)
          .whereRef("earlier.created_at", "<", "notices.created_at")
          .whereRef("earlier.project", "=", "notices.project")
          .whereRef("earlier.kind", "=", "notices.kind")
          .whereRef("earlier.target", "=", "notices.target")
          .whereRef("earlier.hook", "is not distinct from", "notices.hook")
          .where(({ and, eb, or, ref }) => {
            const sameRun = eb("earlier.run", "=", ref("notices.run"));
            const sameBranch = eb("run_of_earlier.ref", "=", ref("own_run.ref"));
            return or([sameRun, and([eb("notices.kind", "in", orderedByBranch), sameBranch])]);
          }),
      ),
    );
}

function reasonOf(error: unknown): string {
  const { message, code, cause } = error as Error & { code?: string; cause?: unknown };
  const text = message || code || (cause instanceof Error ? cause.message : "") || "It failed";
  return `It could not be reached: ${text.slice(0, 300)}${/[.!?]$/.test(text) ? "" : "."}`;
}
