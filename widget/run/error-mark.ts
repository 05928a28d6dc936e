import type { ShownClaims } from "../element/claims.ts";
import type { OutputPart } from "../element/view.ts";
import { findErrorLine, type ErrorPlace } from "./error-line.ts";
import { markLine, unmarkLine } from "./line-marker.ts";
import { findProgramLine, type SetUpLine } from "./program-line.ts";
import type { CodeReader } from "./read-code.ts";

/** A line that is marked in the code of its block. */
export interface MarkedLine {
  /** Where the output names it. */
  place: ErrorPlace;
  range: Range;
  unmark: () => void;
}

/**
 * Marks the line that an error names, in the block that shows it. Undefined: none, or the page shows its code in a way
 * that has other lines.
 */
export async function markError(
  host: Element,
  parts: readonly OutputPart[],
  claims: ShownClaims,
  reader: CodeReader,
): Promise<MarkedLine | SetUpLine | undefined> {
  const place = findErrorLine(parts);
  const found = place && (await findProgramLine(host, place.line, claims, reader));
  if (!found || "setUpLine" in found) return found;
  const isSigned = (text: string) => reader.matchesClaim(text, found.code);
  const range = await markLine(found.block, found.line, isSigned);
  return range && { place, range, unmark: () => unmarkLine(range) };
}

/** Scrolls to the marked line and selects it: the selection is seen in browsers without highlights. */
export function showLine(range: Range): void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  range.startContainer.parentElement?.scrollIntoView({
    block: "center",
    behavior: calm ? "instant" : "smooth",
  });
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range.cloneRange());
}
