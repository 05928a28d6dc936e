import { isEnded, type Ending, type RunState, type Waking } from "../../protocol/run.ts";
import { afterWords, exitSentence, usualWords } from "../../protocol/words.ts";

export interface StateLine {
  text: string;
  note?: string;
}

export interface StateFacts {
  state: RunState;
  attempt: number;
  maxAttempts: number;
  waking?: Waking | undefined;
  /** Why the run is retried. */
  retrying?: string | undefined;
  /** Whether an earlier run has to end first. */
  behind: boolean;
  ending?: Ending | undefined;
}

/** The summary that a person reads first: the run's current state, or how it ended. */
export function stateLine(facts: StateFacts): StateLine {
  if (facts.ending && isEnded(facts.state)) return endLine(facts.ending);
  const usual = facts.waking?.usual;
  switch (facts.state) {
    case "queued":
      return facts.behind
        ? { text: "Waiting for an earlier run of this branch to end." }
        : { text: "Waiting for a machine." };
    case "waking":
      return { text: "No machine was awake; waking one.", note: usual && usualWords(usual, 0) };
    case "retrying":
      return {
        text: `Trying again (${facts.attempt + 1} of ${facts.maxAttempts}).`,
        note: facts.retrying,
      };
    default:
      return { text: "Running." };
  }
}

function endLine(ending: Ending): StateLine {
  const { state, reason } = ending;
  const after = afterWords(ending);
  const note = reason?.message;
  switch (state) {
    case "succeeded":
      return { text: `Succeeded${after}.` };
    case "failed":
      if (reason) return { text: `Failed${after}.`, note };
      return { text: exitSentence("Failed", ending) };
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

/** Advice by the reason of an end. */
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

/** The next step for a person; undefined where the state needs none. */
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
