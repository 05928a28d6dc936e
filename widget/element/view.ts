import type { Problem } from "../../protocol/errors.ts";
import type { StreamName } from "../../protocol/events.ts";
import type { Look } from "../../protocol/terminal-look.ts";
import type { Ending, Reason, RunState, StoredResult, Waking } from "../../protocol/run.ts";

/** The state of one run on the page. The server confirmed all of it, except `posted`. */
export interface View {
  state: "idle" | "posted" | "refused" | RunState;
  /** Absent until the server accepted the request. */
  run?: { id: string; result_url: string } | undefined;
  /** Number of the last event in this view. */
  lastEvent: number;
  /** The reader's own code, where the run is not of the author's. */
  edited?: string | undefined;
  /** When Run was pressed, by this page's clock, in ms. */
  pressedAt: number;
  /** Why the page has no answer from the server at the moment. */
  trouble?: Trouble | undefined;
  /** Stop was pressed and has not taken effect yet. */
  canceling: boolean;
  /** Start of a countdown: when the page received its length, by its own clock in ms. */
  toldAt?: number;
  /** Place in the queue while no machine is free; 1 is next. */
  position?: number | undefined;
  waking?: (Waking & { startedAt: number }) | undefined;
  /** Another block of the page says how the server that they wait for wakes. */
  wakingElsewhere?: boolean;
  retrying?: { attempt: number; of: number; reason: Reason; waitS: number } | undefined;
  output: Output;
  ending?: Ending | undefined;
  /** The run is resumed, and neither the server nor its stored result could be read. */
  unheard?: boolean;
  refusal?: Refusal | undefined;
  /**
   * The stored result that answers: this run's own, or an earlier one until this run has output. `heardAt`
   * is when the page received its age.
   */
  stored?: (StoredResult & { heardAt: number }) | undefined;
  /** Content of the earlier result, once it has been read. */
  earlier?: Shown | undefined;
}

/** The part of a run's result that is on the page. */
export type Shown = Pick<View, "output" | "ending"> & { result_url: string | undefined };

/** The server is unreachable, or answered that it is busy. */
export interface Trouble {
  /** The server's message and its code. */
  said?: string | undefined;
  code?: string | undefined;
  /** The reader's device has no network. */
  offline: boolean;
  /** Seconds until the next try; 0: unknown. */
  waitS: number;
}

/** Why the server did not take the request. */
export type Refusal = Pick<Problem, "title" | "detail"> & {
  code: string;
  /** The title in the reader's language, where its code is not among the words of every run. */
  translated?: string | undefined;
};

/** A piece of the program's output. */
export interface OutputPart {
  stream: StreamName;
  text: string;
  /** The looks of `text`, in order; absent: it has none. */
  spans?: readonly OutputSpan[];
  /** Bytes left out just before this piece, because the output is past its limit. */
  cut: number;
}

/** Characters of one look. */
export interface OutputSpan {
  length: number;
  /** Absent: the plain look. */
  look?: Look | undefined;
}

/** The output so far, bounded in size. */
export interface Output {
  parts: readonly OutputPart[];
  /** Characters at the start that are no longer on the page. */
  dropped: number;
  /** Bytes that the output limit cut before a dropped piece. */
  lost?: number;
  /** The run has ended, and not all of its output arrived. */
  unread?: boolean;
  /** The beginning of an escape sequence that has not ended yet, by stream; absent: none. */
  pending?: Readonly<Partial<Record<StreamName, string>>>;
  /** Where the next character goes: its column, and how many lines of the last piece are below; absent: at the end. */
  cursor?: { column: number; up: number } | undefined;
  /** The looks of the next characters, by stream; absent: plain. */
  looks?: Readonly<Partial<Record<StreamName, Look>>> | undefined;
}

export const emptyOutput: Output = { parts: [], dropped: 0 };

export const idle: View = {
  state: "idle",
  lastEvent: 0,
  pressedAt: 0,
  canceling: false,
  output: emptyOutput,
};

const BUSY: readonly View["state"][] = ["posted", "queued", "waking", "retrying", "running"];

/** Whether Stop has something to stop. */
export function isBusy({ state }: Pick<View, "state">): boolean {
  return BUSY.includes(state);
}
