import { constants } from "node:os";
import type { RunEvent } from "../../protocol/events.ts";
import type { Ending } from "../../protocol/run.ts";
import { duration, exitSentence, PROGRESS_WORDS, wakingWords } from "../../protocol/words.ts";
import { EXIT } from "../errors/exit-codes.ts";

/** What `deferred run` exits with: the program's own status where it has one. */
export function exitCodeOf(
  ending: Pick<Ending, "state" | "reason" | "exit_code" | "signal">,
): number {
  switch (ending.state) {
    case "succeeded":
      return EXIT.ok;
    case "failed":
      if (ending.exit_code === null && ending.reason) return EXIT.refused;
      return ending.exit_code ?? signalCode(ending.signal);
    case "timed_out":
      return EXIT.timedOut;
    case "killed":
      return EXIT.killed;
    case "canceled":
      return EXIT.canceled;
    case "errored":
      return EXIT.errored;
    default:
      return ending.state satisfies never;
  }
}

/** Whether the program was never begun, or has no end of its own: something else is wrong. */
export function isRefusal({ state, reason, exit_code }: Ending): boolean {
  return state === "errored" || (state === "failed" && exit_code === null && reason !== null);
}

function signalCode(signal: string | null): number {
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return number === undefined ? EXIT.failed : 128 + number;
}

/** How a run ended, as one sentence. */
export function endSentence(ending: Ending): string {
  return ending.reason?.message ?? exitSentence("Ended", ending);
}

/**
 * The status line of what an event says; undefined where it changes nothing about it. `since` is when what
 * it tells of began, by the clock that `now` is read from; `place` is the run's place in line, as of now.
 */
export function statusText(
  event: RunEvent,
  since: number,
  place: () => string | undefined = () => undefined,
): ((now: number) => string) | undefined {
  const elapsed = (now: number) => duration((now - since) / 1000);
  switch (event.type) {
    case "queued":
      return (now) => [`${PROGRESS_WORDS.queued} ${elapsed(now)}`, place() ?? []].flat().join(". ");
    case "waking":
      return (now) =>
        [
          `${PROGRESS_WORDS.waking} ${elapsed(now)}. ${wakingWords(event, (now - since) / 1000)}`,
          place() ?? [],
        ]
          .flat()
          .join(" ");
    case "attempt_started":
      return (now) => `${PROGRESS_WORDS.running} ${elapsed(now)}`;
    case "retrying":
      return () =>
        `${PROGRESS_WORDS.retrying} (${event.attempt} of ${event.max_attempts}): ${event.reason.message}`;
    case "step_started":
      return (now) => `${event.name} ${elapsed(now)}`;
    case "step_ended":
    case "output":
    case "ended":
      return undefined;
    default:
      return event satisfies never;
  }
}
