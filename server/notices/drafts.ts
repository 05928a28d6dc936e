import { isEnded, type RunState } from "../../protocol/run.ts";
import type { OutgoingEvent } from "../../protocol/projects.ts";

/** A notice that a run's state asks for, before it has a body. */
export type Draft =
  | { kind: "commit_status"; target: string; what: string }
  | { kind: "mail"; target: string; what: "failure" | "recovery"; because: "author" | "watcher" }
  | { kind: "hook"; target: string; what: OutgoingEvent; hook: string };

/** Runs that say how a branch or a pull request fares; others are answered to whoever asked for them. */
const OF_A_BRANCH = ["push", "schedule", "replay"];
const OF_A_COMMIT = ["push", "pull_request", "replay"];
const WENT_WRONG: readonly RunState[] = ["failed", "timed_out", "killed", "errored"];

export interface DraftFacts {
  state: RunState;
  trigger: string;
  /** Attempts begun. */
  attempt: number;
  /** The state that was told before; null: none yet. */
  noticed: string | null;
  /** A fork's work: whoever wrote it chose the author's address. */
  stranger: boolean;
  /** `owner/name@commit` at GitHub, where the project may write statuses. */
  statusTarget: string | undefined;
  statusState: string;
  hooks: readonly { id: string; url: string; events: readonly OutgoingEvent[] }[];
  /** Where mails are sent at all. */
  mail:
    | {
        author: string | undefined;
        watchers: readonly string[];
        /** How the run before ended that the same branch had. */
        before: RunState | undefined;
      }
    | undefined;
}

/** Whom a run's state is told to. What was made already is left out by whoever stores them. */
export function draftsFor(facts: DraftFacts): Draft[] {
  return [...statusDrafts(facts), ...hookDrafts(facts), ...mailDrafts(facts)];
}

function statusDrafts({ state, trigger, noticed, statusTarget, statusState }: DraftFacts): Draft[] {
  if (statusTarget === undefined || !OF_A_COMMIT.includes(trigger)) return [];
  // Between its beginning and its end a run is pending, whatever happens.
  if (!isEnded(state) && noticed !== null) return [];
  return [{ kind: "commit_status", target: statusTarget, what: statusState }];
}

function hookDrafts({ state, attempt, hooks }: DraftFacts): Draft[] {
  const over = isEnded(state);
  const events: OutgoingEvent[] = [];
  // A run that ended before this was looked at has begun all the same.
  if (state === "running" || (over && attempt > 0)) events.push("run.started");
  if (over) events.push("run.ended");
  return hooks.flatMap(({ id, url, events: wanted }) =>
    events
      .filter((event) => wanted.includes(event))
      .map((what) => ({ kind: "hook" as const, target: url, what, hook: id })),
  );
}

function mailDrafts({ state, trigger, stranger, mail }: DraftFacts): Draft[] {
  if (!mail || stranger || !OF_A_BRANCH.includes(trigger)) return [];
  const failed = WENT_WRONG.includes(state);
  const recovered =
    state === "succeeded" && mail.before !== undefined && WENT_WRONG.includes(mail.before);
  if (!failed && !recovered) return [];
  const what = failed ? "failure" : "recovery";
  const addresses = new Map<string, "author" | "watcher">();
  for (const watcher of mail.watchers) addresses.set(watcher, "watcher");
  if (mail.author !== undefined) addresses.set(mail.author, "author");
  return [...addresses].map(([target, because]) => ({ kind: "mail", target, what, because }));
}
