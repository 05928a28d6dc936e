import { escapeHtml } from "../../protocol/escape-html.ts";
import type { Element } from "../page/element.ts";

/** A change of a text between two offsets. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/** Everything between the edits stays as it is, byte by byte. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  // The sort is stable: edits of one place stay in their order.
  const sorted = edits.toSorted((a, b) => a.start - b.start);
  let from = 0;
  let changed = "";
  for (const edit of sorted) {
    changed += text.slice(from, edit.start) + edit.text;
    from = edit.end;
  }
  return changed + text.slice(from);
}

/** Sets an attribute of a start tag; the rest of the tag stays. */
export function setAttribute(element: Element, name: string, value: string): TextEdit[] {
  const attribute = `${name}="${escapeHtml(value)}"`;
  const place = element.sourceCodeLocation?.attrs?.[name];
  if (place) return [{ start: place.startOffset, end: place.endOffset, text: attribute }];
  const tag = element.sourceCodeLocation?.startTag;
  if (!tag) return [];
  const at = tag.startOffset + 1 + element.tagName.length;
  return [{ start: at, end: at, text: ` ${attribute}` }];
}

export function removeAttribute(element: Element, name: string): TextEdit[] {
  const place = element.sourceCodeLocation?.attrs?.[name];
  return place ? [{ start: place.startOffset, end: place.endOffset, text: "" }] : [];
}
