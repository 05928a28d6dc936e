import type { BlockClaims } from "../../../protocol/claims.ts";
import type { RunEventBody } from "../../../protocol/events.ts";
import type { Ending, Result } from "../../../protocol/run.ts";

/** The answer to a press. Status 0: none, the connection breaks. */
interface PlayedAnswer {
  status: 0 | 202 | 403 | 503;
  headers?: Record<string, string>;
  /** Added to the ids and addresses of an accepted run; the whole problem of a refusal. */
  body?: Record<string, unknown>;
}

/** An event of the run; `afterS` seconds after the press, at once without it. */
export type PlayedEvent = RunEventBody & { afterS?: number };

/**
 * A block of the gallery, and the answers of its played server. In every string of `answer`, `events` and
 * `results`, `{now-12}` stands for the moment 12 seconds before the press, `{server}` for the played server's address,
 * and `{files}` for the address of the gallery's files.
 */
export interface Scene {
  /** Unique in the gallery. */
  id: string;
  title: string;
  /** The language of the code; default: python. */
  language?: string;
  code: string;
  claims?: Partial<BlockClaims> & { show?: string };
  /** Default: accepted. */
  answer?: PlayedAnswer;
  /** Default: none; the run waits. */
  events?: readonly PlayedEvent[];
  /** Stored results, by name: `{server}/results/<name>`. */
  results?: Record<string, Pick<Result, "stdout">>;
  /** Place of the run in the queue. */
  position?: number;
  /** Output that the author recorded into the page. */
  recorded?: string;
  /** Run is not pressed as the page opens. */
  still?: boolean;
  /** The look of the author's code; default: the page's own. */
  theme?: "dark" | "light" | "bare";
  /** Code that the reader has written in place of the author's. */
  edited?: string;
}

export interface SceneGroup {
  id: string;
  title: string;
  /** What to look at, in one sentence. */
  sentence: string;
  /** The group is written from right to left. */
  rtl?: boolean;
  /** The scenes are blocks of one server; default: each has its own. */
  oneServer?: boolean;
  scenes: readonly Scene[];
}

export const started: PlayedEvent = { type: "attempt_started", attempt: 1, max_attempts: 3 };

export function printed(text: string, stream: "stdout" | "stderr" = "stdout"): PlayedEvent {
  return { type: "output", stream, text };
}

/** The end of a run; a successful one unless `ending` says otherwise. */
export function ended(ending: Partial<Ending> = {}): PlayedEvent {
  return {
    type: "ended",
    state: "succeeded",
    reason: null,
    exit_code: 0,
    signal: null,
    truncated: { stdout: 0, stderr: 0, artifacts: 0 },
    artifacts: [],
    attempt: 1,
    times: { queued: "{now-3}", started: "{now-1}", ended: "{now-0}", ran_s: 0.42 },
    result_url: "{files}/result.json",
    ...ending,
  };
}

/** A file that a run left; `name` is one of the gallery's own files. */
export function left(name: string, type: string, size: number) {
  return { name, type, size, sha256: "0".repeat(64), url: `{files}/${name}` };
}
