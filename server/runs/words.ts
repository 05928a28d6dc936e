import { html } from "hono/html";
import { isEnded, type Ending, type RunState, type Waking } from "../../protocol/run.ts";
import { duration } from "../pages/format.ts";
import type { Html } from "../pages/layout.ts";
import { markOf } from "../pages/projects/marks.ts";

const STATES: Record<RunState, string> = {
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

export function stateWords(state: RunState): string {
  return STATES[state];
}

/** A state in a list: its mark and its word. */
export function stateMark(state: RunState): Html {
  return html`<span class="state ${state}">${markOf(state)} ${STATES[state]}</span>`;
}

/** `main`, `tag v1.2`, `pull request 12`; a name that is none of these as it is. */
export function refWords(ref: string): string {
  const [, kind, name] = /^refs\/(heads|tags|pull|merge-requests)\/(.+)$/.exec(ref) ?? [];
  if (kind === "heads") return name!;
  if (kind === "tags") return `tag ${name}`;
  if (kind === "pull") return `pull request ${name!.replace(/\/.*/, "")}`;
  if (kind === "merge-requests") return `merge request ${name!.replace(/\/.*/, "")}`;
  return ref;
}

const TRIGGERS: Record<string, string> = {
  push: "Push",
  pull_request: "Pull request",
  schedule: "Schedule",
  exec: "deferred exec",
  request: "deferred request",
  replay: "Replay",
};

/** Why a run was made. */
export function triggerWords(trigger: string): string {
  return TRIGGERS[trigger] ?? trigger;
}

export interface StateLine {
  text: string;
  note?: string;
}

export interface StateFacts {
  state: RunState;
  attempt: number;
  maxAttempts: number;
  waking?: Waking | undefined;
  /** Why it is tried again. */
  retrying?: string | undefined;
  /** Whether an earlier run has to end first. */
  behind: boolean;
  ending?: Ending | undefined;
}

/** What a person reads first: what the run does now, or how it ended. */
export function stateLine(facts: StateFacts): StateLine {
  if (facts.ending && isEnded(facts.state)) return endLine(facts.ending);
  switch (facts.state) {
    case "queued":
      return facts.behind
        ? { text: "Waiting for an earlier run of this branch to end." }
        : { text: "Waiting for a machine." };
    case "waking":
      return { text: "No machine was awake; waking one.", note: wakingNote(facts.waking) };
    case "retrying":
      return {
        text: `Trying again (${facts.attempt + 1} of ${facts.maxAttempts}).`,
        note: facts.retrying,
      };
    default:
      return { text: "Running." };
  }
}

function wakingNote(waking: Waking | undefined): string | undefined {
  if (!waking?.usual) return undefined;
  const { p50_s, p90_s } = waking.usual;
  const [from, to] = [duration(p50_s), duration(p90_s)];
  return `This usually takes ${from === to ? from : `${from} to ${to}`}.`;
}

function endLine({ state, exit_code: code, signal, reason, times }: Ending): StateLine {
  const after = times.ran_s === undefined ? "" : ` after ${duration(times.ran_s)}`;
  const note = reason?.message;
  switch (state) {
    case "succeeded":
      return { text: `Succeeded${after}.` };
    case "failed":
      if (reason) return { text: `Failed${after}.`, note };
      return {
        text: signal
          ? `Failed by signal ${signal}${after}.`
          : `Failed with exit status ${code ?? "unknown"}${after}.`,
      };
    case "timed_out":
    case "killed":
      return { text: `Stopped${after}.`, note };
    case "canceled":
      return { text: `Canceled${after}.`, ...(reason?.code !== "canceled" && { note }) };
    case "errored":
      return { text: "The server could not run it.", note };
    default:
      return state satisfies never;
  }
}

/** What to do about an end, by its reason. */
const ADVICE: Record<string, string> = {
  checkout_failed:
    "Check that the commit is still in the repository, and that the project’s deploy key or token may read it.",
  file_invalid: "Correct the file and push again.",
  service_failed: "The step’s output says why. Check the service’s name and version in the file.",
  app_not_up: "Check that the command under serve: listens on the port in $PORT.",
  wall_time: "Give the commands more time with timeout: in the file, or let them do less.",
  cpu_time: "Let the commands compute less, or split them over several runs.",
  memory: "Let the commands use less memory, or split them over several runs.",
};

/** What a person does next; undefined where the state says it all. */
export function advice({ state, reason }: Ending, trigger: string): string | undefined {
  const byCaller = trigger === "exec" || trigger === "request";
  if (state === "errored") {
    return byCaller
      ? "The command is not to blame. Run it again."
      : "The commands are not to blame. Replay the delivery, or push again.";
  }
  if (reason?.code === "wall_time" && byCaller) {
    return "Give the command more time with --timeout, or let it do less.";
  }
  return reason ? ADVICE[reason.code] : undefined;
}
