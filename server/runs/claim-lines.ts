import type { Logger } from "pino";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Assignment, ClaimAnswer, Holding } from "../../protocol/responder.ts";
import type { ClaimLedger } from "./claim-ledger.ts";
import type { Claimant } from "./claimant.ts";
import type { Feed } from "./feed.ts";
import { poolTopic, renewalTopic, silenceTopic } from "./topics.ts";

export interface LinesRequest {
  slots: number;
  waitMs: number;
  /** Most lines with runs; 1: the first line is the answer. */
  lines: number;
  holding: Holding | undefined;
}

export interface LinesDeps {
  feed: Feed;
  ledger: ClaimLedger;
  log: Logger;
  claim: (machine: Claimant, slots: number, holding?: Holding) => Promise<Assignment[]>;
}

/**
 * Claims; where nothing waits, claims again at the next change, until all slots are taken, for `waitMs` at most. Each
 * line is a claim with a number of its own: what was assigned on a line that got lost is told by the machine's next
 * call. Where more lines may follow, the first one comes at once, with runs or without, and a line also tells of a
 * canceled run of this machine, which would keep its slot until the next renewal. A refusal of the first claim is
 * thrown; a later one ends the lines, and the machine's next claim meets it.
 */
export async function* claimLines(
  { feed, ledger, log, claim }: LinesDeps,
  machine: Claimant,
  { slots, waitMs, lines, holding }: LinesRequest,
  signal: AbortSignal,
): AsyncGenerator<ClaimAnswer> {
  const arrived = performance.now();
  const silent = new AbortController();
  const renewal = renewalTopic(machine.launchId);
  const due: { renewal: boolean } = { renewal: false };
  const unfollow = feed.follow([silenceTopic(machine.launchId), renewal], (topic) => {
    if (topic === renewal) due.renewal = lines > 1;
    else silent.abort();
  });
  const over = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(waitMs)), silent.signal]);
  let free = slots;
  let line = 0;
  let tried = false;
  let begun = false;
  const topics = [poolTopic(machine.pool), ...(lines > 1 ? [renewal] : [])];
  let news = nextChange(feed, topics, over);
  try {
    for (;;) {
      const after_s = (performance.now() - arrived) / 1000;
      const isOver = tried ? over.aborted : signal.aborted || silent.signal.aborted;
      tried = true;
      const runs = isOver ? [] : await claim(machine, free, numbered(holding, line));
      if (runs.length > 0 || over.aborted || due.renewal || (!begun && lines > 1)) {
        begun = true;
        const answer = { runs, after_s, ...(due.renewal && { must_renew: true as const }) };
        due.renewal = false;
        yield answer;
      }
      free -= runs.length;
      if (runs.length > 0) line++;
      if (over.aborted || free <= 0 || line >= lines) return;
      // A claim that was doubled on its way lags behind its copy, which may have been assigned more meanwhile.
      if (runs.length === 0 || isNew(line)) await news.came;
      // Subscribes before reading, so that no change is missed in between.
      news.forget();
      news = nextChange(feed, topics, over);
    }
  } catch (error) {
    if (!begun) throw error;
    if (!(error instanceof ApiError)) log.error({ err: error }, "a claim failed");
  } finally {
    news.forget();
    unfollow();
  }

  function isNew(next: number): boolean {
    const number = numbered(holding, next)?.number;
    return number === undefined || ledger.look(machine.tokenHash, number) === "new";
  }
}

/** What the machine holds, with the number of its claim on a line. */
function numbered(holding: Holding | undefined, line: number): Holding | undefined {
  return holding?.number === undefined ? holding : { ...holding, number: holding.number + line };
}

/** Resolves at the next change of one of `topics`, or when `over` aborts. */
function nextChange(feed: Feed, topics: readonly string[], over: AbortSignal) {
  const { promise: came, resolve } = Promise.withResolvers<void>();
  const unfollow = feed.follow(topics, () => resolve());
  const stop = () => resolve();
  over.addEventListener("abort", stop);
  return {
    came,
    forget() {
      unfollow();
      over.removeEventListener("abort", stop);
    },
  };
}
