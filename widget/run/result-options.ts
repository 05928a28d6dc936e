import type { LitElement } from "lit";
import type { ShownClaims } from "../element/claims.ts";
import type { Shown } from "../element/view.ts";
import type { CutRules } from "./cut-rules.ts";
import type { DrawPiece } from "./output-text.ts";
import type { PlainWording } from "./plain-wording.ts";
import type { ResultTools } from "./result-tools.ts";
import type { Wording } from "./wording.ts";

export interface BoxOptions {
  wording: PlainWording;
  /** The element: an update of it draws the result again. */
  host: LitElement;
  /** The page's clock, ms. */
  now: number;
  server: string;
  claims: ShownClaims;
  /** The program is the author's own: the page shows its lines. */
  isAuthors: boolean;
}

export interface OtherOptions extends BoxOptions {
  wording: Wording;
}

/** What a result has beside the text of a run that succeeded. */
export interface OtherResult {
  progress: unknown;
  /** The age of a stored result, and why it is shown. */
  age: unknown;
  /** Shown in place, before the text. */
  files: unknown;
  table: unknown;
  /** The table is the output, which is not shown as text too. */
  isOutputTable: boolean;
  cuts: CutRules;
  drawPiece: DrawPiece;
  notes: unknown;
  links: unknown;
  technical: unknown;
}

/** Makes the rest of a result that is not plain; undefined: it is plain, or the part for it is not loaded. */
export type MakeOther = ((shown: Shown, tools: ResultTools) => OtherResult) | undefined;
