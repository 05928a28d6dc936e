import { isEnded, type RunState } from "../../../protocol/run.ts";
import type { LoggedEvent } from "../../runs/log-steps.ts";

export interface Phase {
  name: "waiting" | "waking" | "running";
  from: number;
  to: number;
}

/** The phases of a run by its state changes; an unfinished phase ends at `now`. */
export function phasesOf(
  changes: readonly LoggedEvent[],
  createdAt: number,
  state: RunState,
  now: number,
): Phase[] {
  const phases: Phase[] = [];
  let current: Phase = { name: "waiting", from: createdAt, to: createdAt };
  const change = (name: Phase["name"] | undefined, at: number) => {
    current.to = Math.max(at, current.from);
    if (name === current.name) return;
    if (current.to > current.from) phases.push(current);
    if (name) current = { name, from: current.to, to: current.to };
  };
  for (const {
    at,
    event: { type },
  } of changes) {
    if (type === "waking") change("waking", at);
    else if (type === "attempt_started") change("running", at);
    else if (type === "retrying") change("waiting", at);
    else if (type === "ended") change(undefined, at);
  }
  if (!isEnded(state)) {
    current.to = Math.max(now, current.from);
    phases.push(current);
  }
  return phases;
}

/** The time of an attempt that was lost, by its events. */
export function phasesOfLost(events: readonly LoggedEvent[]): Phase[] {
  const [first, last] = [events[0], events.at(-1)];
  return first && last ? [{ name: "running", from: first.at, to: last.at }] : [];
}
