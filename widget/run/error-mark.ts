import type { OutputPart } from "../element/view.ts";
import { findErrorLine, type ErrorPlace } from "./error-line.ts";
import { markLine, markedLine, unmarkLine } from "./line-marker.ts";

/** Marks the line that an error names. Undefined: none, or the page shows its code in a way that has other lines. */
export async function markError(
  host: Element,
  parts: readonly OutputPart[],
  isSigned: (text: string) => Promise<boolean>,
): Promise<{ place: ErrorPlace; unmark: () => void } | undefined> {
  const place = findErrorLine(parts);
  if (!place || !(await markLine(host, place.line, isSigned))) return undefined;
  return { place, unmark: () => unmarkLine(host) };
}

/** Scrolls to the marked line and selects it: the selection is seen in browsers without highlights. */
export function showLine(host: Element): void {
  const range = markedLine(host);
  if (!range) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  range.startContainer.parentElement?.scrollIntoView({
    block: "center",
    behavior: calm ? "instant" : "smooth",
  });
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range.cloneRange());
}
