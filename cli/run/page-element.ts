import type { DefaultTreeAdapterTypes } from "parse5";
import type { PageElement } from "../../protocol/page-text.ts";

type Node = DefaultTreeAdapterTypes.Node;
export type Element = DefaultTreeAdapterTypes.Element;

/** Code is not nested so deep; what is deeper is left out. Browsers nest no deeper than 512 either. */
const DEEPEST = 500;

/** A parsed element as the readings of code take it. */
export function pageElement(element: Element, depth = 0): PageElement {
  return {
    name: element.tagName,
    attribute: (name) => attribute(element, name),
    children: element.childNodes.flatMap((node) => {
      if ("value" in node) return node.value;
      if (!("tagName" in node) || depth >= DEEPEST) return [];
      // A block inside a block, whose end was forgotten, is one of its own.
      return node.tagName === "deferred-runner" ? [] : pageElement(node, depth + 1);
    }),
  };
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((one) => one.name === name)?.value;
}

/** All elements of that name, in the page's order. Without recursion: a page may nest without end. */
export function elementsOf(root: Node, name: string): Element[] {
  const found: Element[] = [];
  const rest: Node[] = [root];
  for (let node = rest.pop(); node; node = rest.pop()) {
    if ("tagName" in node && node.tagName === name) found.push(node);
    if ("childNodes" in node) for (const child of node.childNodes.toReversed()) rest.push(child);
  }
  return found;
}

/** The element that comes after `element` in the same parent. */
export function nextElement(element: Element): Element | undefined {
  const siblings = element.parentNode?.childNodes ?? [];
  const after = siblings.slice(siblings.indexOf(element) + 1);
  return after.find((node): node is Element => "tagName" in node);
}
