import type { RunEvent, StreamName } from "./events.ts";

type Output = Extract<RunEvent, { type: "output" }>;

/** An unfinished line that is longer is passed on as it is. */
const LONGEST = 8192;
/** More unfinished lines than side-by-side steps have; the oldest is passed on as it is. */
const MOST = 64;

/**
 * Passes events on, and retains the unfinished lines of steps that run beside others: another step's output would
 * continue them. A retained line comes with its end, or before the end of its step.
 */
export function wholeLines(): (event: RunEvent) => RunEvent[] {
  const retained = new Map<string, Output>();

  function release(step?: number): Output[] {
    const released: Output[] = [];
    for (const [key, output] of retained) {
      if (step !== undefined && output.step !== step) continue;
      retained.delete(key);
      released.push(output);
    }
    return released;
  }

  function releaseOldest(): Output[] {
    const [oldest] = retained;
    if (!oldest) return [];
    const [key, output] = oldest;
    retained.delete(key);
    return [output];
  }

  return (event) => {
    if (event.type === "attempt_started") retained.clear();
    if (event.type === "step_ended") return [...release(event.step), event];
    if (event.type === "ended" || event.type === "retrying") return [...release(), event];
    return event.type === "output" && event.step !== undefined ? linesOf(event) : [event];
  };

  function linesOf(event: Output): Output[] {
    const key = keyOf(event);
    const text = (retained.get(key)?.text ?? "") + event.text;
    const rest = text.slice(text.lastIndexOf("\n") + 1);
    retained.delete(key);
    if (rest === "" || rest.length > LONGEST) return [{ ...event, text }];
    const { cut, ...uncut } = event;
    retained.set(key, { ...uncut, text: rest });
    const whole = text.slice(0, text.length - rest.length);
    const released = retained.size > MOST ? releaseOldest() : [];
    return whole === "" && cut === undefined ? released : [...released, { ...event, text: whole }];
  }
}

function keyOf({ step, stream }: { step?: number | undefined; stream: StreamName }): string {
  return `${step} ${stream}`;
}
