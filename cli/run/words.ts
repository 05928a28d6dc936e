import { constants } from "node:os";
import type { RunEvent } from "../../protocol/events.ts";
import type { Ending, Waking } from "../../protocol/run.ts";
import { formatDuration } from "../duration.ts";
import { EXIT } from "../exit-codes.ts";

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
  const { ran_s: ran } = ending.times;
  const after = ran === undefined ? "" : ` after ${formatDuration(ran)}`;
  if (ending.reason) return ending.reason.message;
  if (ending.exit_code === null) return `Ended by ${ending.signal ?? "a signal"}${after}.`;
  return `Ended with exit status ${ending.exit_code}${after}.`;
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
  const elapsed = (now: number) => formatDuration((now - since) / 1000);
  switch (event.type) {
    case "queued":
      return (now) => [`Waiting… ${elapsed(now)}`, place() ?? []].flat().join(". ");
    case "waking":
      return (now) =>
        [
          `${phaseText(event)} ${elapsed(now)}${usualText(event, (now - since) / 1000)}.`,
          ...(event.next ? [event.next] : []),
          place() ?? [],
        ]
          .flat()
          .join(" ");
    case "attempt_started":
      return (now) => `Code sent, awaiting results ${elapsed(now)}`;
    case "retrying":
      return () =>
        `Retrying the original request (${event.attempt} of ${event.max_attempts}): ${event.reason.message}`;
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

function phaseText({ phase, step }: Waking): string {
  const at = step ? ` ${step.number}/${step.of} (${step.name})` : "";
  return `No server available to handle the request; waking one: ${phase.replace("_", " ")}${at}`;
}

function usualText({ usual }: Waking, elapsedS: number): string {
  if (!usual) return "";
  const { p50_s: p50, p90_s: p90 } = usual;
  if (elapsedS > p90) return ", longer than 9 in 10 wakes";
  if (elapsedS > p50) return `, longer than usual; 9 in 10 take ${formatDuration(p90)} or less`;
  return `, usually ${formatDuration(p50)} to ${formatDuration(p90)}`;
}
