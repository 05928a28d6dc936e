// The part of the element for output that names a line of the code, or is too long for paper.
export { drawPiece } from "./drawn-piece.ts";
export { markError, showLine } from "./error-mark.ts";
export { findPaperCut } from "./paper-cut.ts";
