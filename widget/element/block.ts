import type { LitElement } from "lit";
import type { Inputs } from "../../protocol/claims.ts";
import type { PageLanguage } from "../words/english.ts";
import type { ShownClaims } from "./claims.ts";
import type { LastRun } from "./last-run.ts";
import type { ViewInput } from "../run/run-view.ts";
import type { View } from "./view.ts";

export type BlockHost = LitElement & {
  block: string;
  server: string;
  label: string;
  run: () => Promise<void>;
  /** The loader's copy, from before the element was defined. */
  original?: Element;
};

/** The block of an element: what the page shows of it, and its parts, which take it as their one option. */
export interface Block {
  readonly host: BlockHost;
  readonly view: View;
  readonly claims: ShownClaims;
  readonly server: string;
  /** What tells the block from others of its page. */
  readonly name: string;
  /** The names of its runs in the browser's storage begin with this. */
  readonly runsName: string;
  language: PageLanguage;
  /** A copy from before translators and highlighters changed the element's content. */
  readonly original: Element | undefined;
  /** Absent: the block has none of them, or their part is not loaded. */
  readonly features: Features | undefined;
  /** Absent until the first press, or the first result that the page shows. */
  run: RunOnPage | undefined;
  show: (view: View) => void;
  cancel: () => Promise<void>;
  /** The element's `updateComplete` waits for `part`. */
  await: (part: Promise<unknown>) => void;
}

/** What only some blocks have: inputs, Edit, a note on the network, and results that are shown before a press. */
export interface Features {
  /** The Run button, where its text may be another: the text, and what the author says in its slot. */
  readonly button: { slot: string; text: string; label: string | undefined };
  /** The inputs as the form has them; absent: the block declares none. */
  readonly inputs: Inputs | undefined | "invalid";
  /** The reader changed something since the last press. */
  touched: boolean;
  /** Absent until a reader edits. `edited` is the reader's code; absent: it is the author's. */
  readonly editor: { isOpen: boolean; edited: string | undefined } | undefined;
  /** Loads what a press needs. `last` is a run that a closed page left, whose inputs and code are shown. */
  load: (last?: LastRun) => Promise<void>;
  /** Puts code that stands elsewhere into the page; false: it can't be had, and the page says why. */
  fetchCode: () => Promise<boolean>;
  renderInputs: () => unknown;
  /** Edit, and a note on the network. */
  renderActions: () => unknown;
  renderEditor: () => unknown;
  /** Whether there is a result: of a run, or output that was recorded when the block was signed. */
  hasResult: (view: View) => boolean;
  /** What the result is of, if not of the code that is shown; and output that the page holds, until a run replaces it. */
  renderRecorded: (view: View) => unknown;
}

/** The runs of a block, one after another, and what the page shows of them. */
export interface RunOnPage {
  /** What the live region says. */
  readonly said: string;
  /** Whether another press asks for a result that is newer than the stored one on the page. */
  readonly isAgain: boolean;
  /** Asks for a run that was pressed `at`, in ms. Resolves once the server accepted or refused. */
  press: (at: number) => Promise<void>;
  /** Resumes a run that a closed page left. */
  restore: (last: LastRun) => void;
  /** Shows what later parts know without a press: a stored result, or why there is no code to run. */
  receive: (input: ViewInput) => void;
  cancel: () => Promise<void>;
  /** Another block is shown in its place. */
  leave: () => void;
  render: () => unknown;
}
