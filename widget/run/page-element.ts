import type { PageElement } from "../../protocol/page-text.ts";

/** Code is not nested so deep; what is deeper is read as text alone. */
const DEEPEST = 100;

/** A browser's element as the readings of code take it. */
export function pageElement(element: Element, depth = 0): PageElement {
  return {
    name: element.localName,
    attribute: (name) => element.getAttribute(name),
    children:
      depth > DEEPEST
        ? [element.textContent ?? ""]
        : [...element.childNodes].flatMap((node) =>
            node instanceof Text
              ? node.data
              : // A block inside a block, whose end was forgotten, is one of its own.
                node instanceof Element && node.localName !== "deferred-runner"
                ? pageElement(node, depth + 1)
                : [],
          ),
  };
}
