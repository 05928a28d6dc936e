import type { PageElement } from "../../protocol/page-text.ts";

/** Code is not nested deeper; deeper elements are read as their text. */
const DEEPEST = 100;

/** Converts a browser's element to the form that the readings of code take. */
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
              : // A nested block, after a forgotten end tag, has code of its own.
                node instanceof Element && node.localName !== "deferred-runner"
                ? pageElement(node, depth + 1)
                : [],
          ),
  };
}
