// The words of states, moments and amounts, for the element, pages, mail, terminals and the command line. This
// file imports types alone: the element ships no schema library.
import { RUNNING_WORDS, secondsPart, type DurationPart, type DurationUnit } from "./plain-words.ts";
import type { Ending, RunState, UsualWake, Waking, WakePhase } from "./run.ts";

/** A state in a list, a badge or a feed. */
export const STATE_WORDS: Record<RunState, string> = {
  queued: "Waiting",
  waking: "Waking",
  running: "Running",
  retrying: "Retrying",
  succeeded: "Succeeded",
  failed: "Failed",
  timed_out: "Timed out",
  killed: "Out of memory",
  canceled: "Canceled",
  errored: "Errored",
};

/** The progress of a block, for a waiting reader. */
export const PROGRESS_WORDS = {
  queued: "Waiting…",
  waking: "No server available to handle the request; waking one",
  retrying: "Retrying the original request",
  running: RUNNING_WORDS,
} as const satisfies Partial<Record<RunState, string>>;

const PHASE_WORDS: Record<WakePhase, string> = {
  requested: "Asking for a server",
  starting: "Starting",
  booting: "Booting",
  setting_up: "Setting up",
  ready: "Ready",
};

/** `Setting up 3/5: installing Ruby. This usually takes 14 to 22 s. Another is started once.` */
export function wakingWords({ phase, step, usual, next }: Omit<Waking, "since">, elapsedS: number) {
  const at = step ? ` ${step.number}/${step.of}: ${step.name}` : "";
  const said = `${PHASE_WORDS[phase] ?? phase}${at}.`;
  return [said, usual && usualWords(usual, elapsedS), next].filter(Boolean).join(" ");
}

/** The usual duration of a wake, shown `elapsedS` seconds after its start. */
export function usualWords({ p50_s: p50, p90_s: p90 }: UsualWake, elapsedS: number): string {
  if (elapsedS > p90) return "Still waking: longer than 9 in 10 wakes.";
  if (elapsedS > p50) return `Longer than usual; 9 in 10 wakes take ${duration(p90)} or less.`;
  const [from, to] = [duration(p50), duration(p90)];
  if (from === to) return `This usually takes ${from}.`;
  const short = p90 < 59.5 ? from.replace(/ s$/, "") : from;
  return `This usually takes ${short} to ${to}.`;
}

export function positionWords(position: number): string {
  return position === 1 ? "Next in line." : `Number ${position} in line.`;
}

type Exit = Pick<Ending, "exit_code" | "signal">;

/** `exit status 3`, `signal SIGSEGV`; `stopped` where a limit or a person ended it. */
export function exitWords({ exit_code, signal }: Exit): string {
  if (signal) return `signal ${signal}`;
  return exit_code === null ? "stopped" : `exit status ${exit_code}`;
}

/** `Ended with exit status 3 after 1.2 s.`, `Ended by signal SIGSEGV.` */
export function exitSentence(verb: string, ending: Exit & Pick<Ending, "times">): string {
  const exit = exitWords(ending);
  const how = exit === "stopped" ? "" : ending.signal ? ` by ${exit}` : ` with ${exit}`;
  return `${verb}${how}${afterWords(ending)}.`;
}

/** ` after 1.2 s`, where the program ran. */
export function afterWords({ times }: Pick<Ending, "times">): string {
  return times.ran_s === undefined ? "" : ` after ${duration(times.ran_s)}`;
}

/** `main`, `tag v1.2`, `pull request 12`; any other name unchanged. */
export function refWords(ref: string): string {
  const [, kind, name = ""] = /^refs\/(heads|tags|pull|merge-requests)\/(.+)$/.exec(ref) ?? [];
  if (kind === "heads") return name;
  if (kind === "tags") return `tag ${name}`;
  if (kind === "pull") return `pull request ${name.replace(/\/.*/, "")}`;
  if (kind === "merge-requests") return `merge request ${name.replace(/\/.*/, "")}`;
  return ref;
}

const TRIGGER_WORDS: Record<string, string> = {
  push: "Push",
  pull_request: "Pull request",
  schedule: "Schedule",
  exec: "Manual run",
  request: "deferred request",
  replay: "Replay",
  reader: "A reader",
};

/** The cause of a run, in words. */
export function triggerWords(trigger: string): string {
  return TRIGGER_WORDS[trigger] ?? trigger;
}

/** `0.03 s`, `0.4 s`, `14 s`, `1 min 12 s`, `2 h 5 min`, `90 d`. */
export function duration(seconds: number): string {
  return durationParts(seconds)
    .map(({ value, digits, unit }) => `${value.toFixed(digits)} ${unit}`)
    .join(" ");
}

/** The numbers of a duration: one, or a second one for the rest. */
export function durationParts(seconds: number): [DurationPart, ...DurationPart[]] {
  const whole = Math.round(seconds);
  if (whole < 60) return [secondsPart(seconds)];
  if (whole < 3600) return twoParts(whole, 60, "min", 1, "s");
  if (whole < 86_400) return twoParts(whole, 3600, "h", 60, "min");
  return twoParts(whole, 86_400, "d", 3600, "h");
}

function twoParts(
  whole: number,
  large: number,
  unit: DurationUnit,
  small: number,
  smallUnit: DurationUnit,
): [DurationPart, ...DurationPart[]] {
  const rest = Math.floor((whole % large) / small);
  const first: DurationPart = { value: Math.floor(whole / large), digits: 0, unit };
  return rest === 0 ? [first] : [first, { value: rest, digits: 0, unit: smallUnit }];
}

/** `12 s ago`, `3 min ago`, `5 h ago`, `2 days ago`. */
export function ago(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  if (days > 0) return days === 1 ? "1 day ago" : `${days} days ago`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return seconds < 60 ? `${Math.floor(seconds)} s ago` : `${Math.floor(seconds / 60)} min ago`;
}

/** `512 B`, `12 kB`, `1.4 MB`: kilo is 1000. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
