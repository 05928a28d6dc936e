import type { DefaultTreeAdapterTypes } from "parse5";
import { attribute, findElements, type Element } from "../page/element.ts";
import { parentOf } from "./find-marks.ts";

type Node = DefaultTreeAdapterTypes.Node;

/** Classes of what highlighters put around a `pre`. */
const AROUND_CODE =
  /(^|[\s_-])(highlight|highlighter|codeblock|code-block|code|sourceCode|language|lang|shiki|astro-code|expressive-code|prism|rouge|chroma|hljs|linenodiv|lntable|wp-block-code|frame)([\s_-]|$)|codeBlock/i;
const TABLE = new Set(["td", "tr", "tbody", "table"]);

/**
 * The outermost element around a code that is the highlighter's: its styles often name it as the parent of `pre`, and
 * copy buttons stand beside. Content of the author never is.
 */
export function wrapperOf(code: Element): Element {
  let found = code;
  for (let node: Node | null = parentOf(code); node && "tagName" in node; node = parentOf(node)) {
    if (TABLE.has(node.tagName)) continue;
    const isAround = node.tagName === "figure" || isOfHighlighter(node);
    if (!isAround) {
      // Docusaurus has one element without a class of code between two that have one.
      if (node.tagName === "div" && holdsOnlyCode(node)) continue;
      break;
    }
    if (!holdsOnlyCode(node)) break;
    found = node;
  }
  return found;
}

function isOfHighlighter(element: Element): boolean {
  return element.tagName === "div" && AROUND_CODE.test(attribute(element, "class") ?? "");
}

const CONTENT = new Set(["p", "h1", "h2", "h3", "h4", "ul", "dl", "section", "deferred-runner"]);

/** Whether no paragraph, heading, list or second piece of code is in the element. */
function holdsOnlyCode(element: Element): boolean {
  let pieces = 0;
  const rest: Node[] = [element];
  for (let node = rest.pop(); node; node = rest.pop()) {
    if (!("tagName" in node)) continue;
    if (CONTENT.has(node.tagName)) return false;
    // Line numbers stand in a cell of their own.
    const isPiece = node.tagName === "pre" && !isCell(node.parentNode);
    if (isPiece && ++pieces > 1) return false;
    if (!isPiece) rest.push(...node.childNodes);
  }
  return true;
}

function isCell(node: Node | null): boolean {
  return node !== null && "tagName" in node && node.tagName === "td";
}

/** The language that classes and attributes on the code or around it name, the innermost first. */
export function languageAt(code: Element): string | undefined {
  const inside = findElements(code, "code");
  for (const element of [...inside.slice(0, 1), code]) {
    const named = languageOn(element);
    if (named !== undefined) return named;
  }
  let depth = 0;
  for (
    let node: Node | null = parentOf(code);
    node && "tagName" in node && depth < 8;
    node = parentOf(node)
  ) {
    const named = languageOn(node);
    if (named !== undefined) return named;
    if (node.tagName === "body" || node.tagName === "article" || node.tagName === "main")
      return undefined;
    depth++;
  }
  return undefined;
}

function languageOn(element: Element): string | undefined {
  const classes = attribute(element, "class") ?? "";
  const named =
    /(?:^|\s)(?:language|lang)-([\w+#.]+)/.exec(classes)?.[1] ??
    /(?:^|\s)highlight-source-([\w+#]+)/.exec(classes)?.[1] ??
    /(?:^|\s)brush:\s*([\w+#]+)/.exec(classes)?.[1] ??
    /(?:^|\s)sourceCode\s+([\w+#]+)/.exec(classes)?.[1] ??
    attribute(element, "data-lang") ??
    attribute(element, "data-language");
  // Highlighters have names for an unknown language.
  return named === undefined || /^(plain|plaintext|text|txt|none|fallback)$/.test(named)
    ? undefined
    : named;
}
