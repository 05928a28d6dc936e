import type { DefaultTreeAdapterTypes } from "parse5";
import type { PageElement } from "../../protocol/page-text.ts";

type Node = DefaultTreeAdapterTypes.Node;
export type Element = DefaultTreeAdapterTypes.Element;

/** Deeper elements are left out. Browsers nest at most 512 deep. */
const MAX_DEPTH = 500;

/** A parsed element in the form that `readPageCode` takes. */
export function pageElement(element: Element, depth = 0): PageElement {
  return {
    name: element.tagName,
    attribute: (name) => attribute(element, name),
    children: element.childNodes.flatMap((node) => {
      if ("value" in node) return node.value;
      if (!("tagName" in node) || depth >= MAX_DEPTH) return [];
      // A nested block, whose outer end tag was forgotten, is a block of its own.
      return node.tagName === "deferred-runner" ? [] : pageElement(node, depth + 1);
    }),
  };
}

export function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((one) => one.name === name)?.value;
}

/** All elements of that name, in document order. Iterative: a page may nest without bound. */
export function findElements(root: Node, name: string): Element[] {
  const found: Element[] = [];
  const rest: Node[] = [root];
  for (let node = rest.pop(); node; node = rest.pop()) {
    if ("tagName" in node && node.tagName === name) found.push(node);
    if ("childNodes" in node) for (const child of node.childNodes.toReversed()) rest.push(child);
  }
  return found;
}

/** The next sibling that is an element. */
export function nextElement(element: Element): Element | undefined {
  const siblings = element.parentNode?.childNodes ?? [];
  const after = siblings.slice(siblings.indexOf(element) + 1);
  return after.find((node): node is Element => "tagName" in node);
}

/** Whether the code of a `deferred-runner` stands in a gist or at an address, and not in the page. */
export function hasCodeElsewhere(element: Element): boolean {
  const isNamed = ["gist", "src"].some((name) => attribute(element, name) !== undefined);
  return isNamed && ["code", "pre"].every((name) => findElements(element, name).length === 0);
}
