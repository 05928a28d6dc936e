import type { LitElement } from "lit";
import type { Block } from "../element/block.ts";
import type { ShownClaims } from "../element/claims.ts";
import type { OutputPart, Shown, View } from "../element/view.ts";
import type { CutRules } from "./cut-rules.ts";
import type { PlainWording } from "./plain-wording.ts";
import type { ResultTools } from "./result-tools.ts";
import type { Wording } from "./wording.ts";

/** How the piece of a number is drawn that holds more than text; undefined: as text. */
type DrawPiece = (index: number) => ((part: OutputPart) => unknown) | undefined;

export interface BoxOptions {
  block: Block;
  view: View;
  shown: Shown;
  wording: PlainWording;
  tools: ResultTools;
  /** Absent: the result is plain, or the part for other ones is not loaded. */
  other: OtherResult | undefined;
}

export interface OtherOptions {
  wording: Wording;
  /** The element: an update of it draws the result again. */
  host: LitElement;
  /** The page's clock, ms. */
  now: number;
  server: string;
  claims: ShownClaims;
  /** The program is the author's own: the page shows its lines. */
  isAuthors: boolean;
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
