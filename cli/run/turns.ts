import type { RunEvent } from "../../protocol/events.ts";

type Output = Extract<RunEvent, { type: "output" }>;

/** How long the output of a step waits while another step prints. */
const TURN_MS = 1000;
/** Waiting characters, of all steps together. */
const MOST_WAITING = 64 * 1024;

/**
 * Passes events on so that steps side by side print in turns, not line by line: each switch costs a line that names the
 * step. `flush` passes on what waits.
 */
export function takeTurns(show: (event: RunEvent) => void) {
  const open = new Set<number>();
  let current: number | undefined;
  let waiting: Output[] = [];
  let size = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const steps = Map.groupBy(waiting, ({ step }) => step);
    waiting = [];
    size = 0;
    for (const outputs of steps.values()) outputs.forEach(pass);
  }

  function pass(event: RunEvent): void {
    if (event.type === "output" || event.type === "step_started") current = event.step;
    show(event);
  }

  function hold(event: Output): void {
    waiting.push(event);
    size += event.text.length;
    if (size > MOST_WAITING) flush();
    else timer ??= setTimeout(flush, TURN_MS);
  }

  function push(event: RunEvent): void {
    if (event.type === "output") {
      const isOthers = event.step !== undefined && event.step !== current;
      const isBusy = current !== undefined && open.has(current);
      return isOthers && isBusy ? hold(event) : pass(event);
    }
    const isOwnEnd = event.type === "step_ended" && event.step === current;
    if (!isOwnEnd) flush();
    if (event.type === "step_started") open.add(event.step);
    if (event.type === "step_ended") open.delete(event.step);
    if (event.type === "attempt_started") open.clear();
    pass(event);
    if (isOwnEnd) flush();
  }

  return { push, flush };
}
