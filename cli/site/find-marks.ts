import type { DefaultTreeAdapterTypes } from "parse5";
import { attribute, findElements, hasCodeElsewhere, type Element } from "../page/element.ts";
import { splitWords } from "./mark-words.ts";

type Node = DefaultTreeAdapterTypes.Node;
type Comment = DefaultTreeAdapterTypes.CommentNode;

/** A block that a page marks, or an element of one. */
export interface MarkedBlock {
  /** The words of its marks. Throws `UsageError`. */
  words: () => string[];
  /** False for an element `<deferred-runner>` alone. */
  isMarked: boolean;
  /** The element that stands around the code already; absent: the code has to be wrapped. */
  runner: Element | undefined;
  /** Its `pre`, or `code` without one. */
  code: Element;
  line: number;
}

/** A mark that belongs to no single piece of code. */
export interface StrayMark {
  line: number;
  message: string;
}

const MARK = "data-deferred";
const COMMENT = /^\s*deferred:(\s[^]*)?$/;
const LANGUAGE = /(^|\s)(language-|lang-|sourceCode\b|highlight\b|src\b|brush:|wp-block-code\b)/;

/** False for a page that has no mark and no element, without parsing it. */
export function mayHoldMarks(html: string): boolean {
  return /deferred|\brun\b/i.test(html);
}

/**
 * Finds what marks its code: the attribute `data-deferred`, the class `run` beside a language, a comment
 * `<!-- deferred: … -->` before the code, or an element `<deferred-runner>`. In the page's order.
 */
export function findMarkedBlocks(document: Node): { blocks: MarkedBlock[]; strays: StrayMark[] } {
  const strays: StrayMark[] = [];
  const blocks = new Map<Element, MarkedBlock>();
  const place = (node: Element | Comment, around: Node | undefined, words?: () => string[]) => {
    const line = node.sourceCodeLocation?.startLine ?? 1;
    const found = around && "tagName" in around ? codesIn(around) : [];
    const [code, ...others] = found;
    if (!code || others.length > 0) {
      const message = code
        ? `the mark is around ${found.length} pieces of code: mark each of them`
        : "no code follows this mark";
      strays.push({ line, message });
      return;
    }
    const runner = closest(code, "deferred-runner");
    const known = blocks.get(runner ?? code);
    blocks.set(runner ?? code, {
      words: both(known?.words, words),
      isMarked: (known?.isMarked ?? false) || words !== undefined,
      runner,
      code,
      line: code.sourceCodeLocation?.startLine ?? line,
    });
  };

  walk(document, (node) => {
    if (isCommentMark(node)) {
      const text = node.data.replace(/^\s*deferred:/, "");
      place(node, nodeAfter(node), () => splitWords(text).filter((word) => word !== "run"));
    } else if ("content" in node) {
      const line = node.sourceCodeLocation?.startLine ?? 1;
      if (holdsMark(node.content)) strays.push({ line, message: IN_TEMPLATE });
    } else if ("tagName" in node) {
      const value = attribute(node, MARK);
      if (value !== undefined) place(node, node, () => splitWords(value));
      else if (node.tagName === "deferred-runner") {
        // Its signature stands beside its code.
        if (!hasCodeElsewhere(node)) place(node, node);
      } else if (isMarkedToRun(node)) place(node, node, () => wordsOfMarked(node));
    }
  });
  const order = (block: MarkedBlock) =>
    (block.runner ?? block.code).sourceCodeLocation?.startOffset ?? 0;
  return { blocks: [...blocks.values()].toSorted((a, b) => order(a) - order(b)), strays };
}

const IN_TEMPLATE =
  "a block in a <template> is not signed: sign its file with deferred sign, or put it into the page itself";

function holdsMark(content: Node): boolean {
  let holds = false;
  walk(content, (node) => {
    if (isCommentMark(node)) holds = true;
    if (!("tagName" in node)) return;
    const isRunner = node.tagName === "deferred-runner";
    holds ||= isRunner
      ? attribute(node, "block") === undefined
      : attribute(node, MARK) !== undefined || isMarkedToRun(node);
  });
  return holds;
}

function isCommentMark(node: Node): node is Comment {
  return node.nodeName === "#comment" && "data" in node && COMMENT.test(node.data);
}

/** A generator may leave two marks of one block: kramdown writes a class and an attribute. */
function both(...readers: ((() => string[]) | undefined)[]): () => string[] {
  return () => [...new Set(readers.flatMap((read) => read?.() ?? []))];
}

/** The next sibling, without blanks between. */
function nodeAfter(node: Comment): Node | undefined {
  const siblings = node.parentNode?.childNodes ?? [];
  const after = siblings.slice(siblings.indexOf(node) + 1);
  return after.find((one) => !("value" in one) || /\S/.test(one.value));
}

/** The class or the attribute `run`, on code or on a highlighter's element around it. */
function isMarkedToRun(element: Element): boolean {
  const classes = attribute(element, "class") ?? "";
  const run = attribute(element, "run") ?? attribute(element, "data-run");
  if (!/(^|\s)run(\s|$)/.test(classes) && run !== "" && run !== "true") return false;
  return element.tagName === "pre" || element.tagName === "code" || LANGUAGE.test(classes);
}

/** Options that stand as attributes; `title`, `name` and `value` only as `data-`, since HTML has them too. */
const OPTION =
  /^(?:data-)?(cache|input|limit|network|origin|file|after|setup|edit|retry|show|expires|runtime|record)$|^data-(title|name|value)$/;

/**
 * Pandoc and Hugo write the attributes of a fence as attributes, kramdown the words after a class as classes. Pandoc
 * has the classes on the pre, the attributes on the element around it.
 */
function wordsOfMarked(element: Element): string[] {
  const parent = parentOf(element);
  const isAround = parent && "tagName" in parent && LANGUAGE.test(attribute(parent, "class") ?? "");
  const words = [...wordsOfAttributes(element), ...(isAround ? wordsOfAttributes(parent) : [])];
  return [...new Set(words)];
}

function wordsOfAttributes(element: Element): string[] {
  const classes = (attribute(element, "class") ?? "").split(/\s+/);
  const isOption = (name: string) => /^[a-z]+=./.test(name);
  const fromAttributes = element.attrs.flatMap(({ name, value }) => {
    const [, plain, prefixed] = OPTION.exec(name) ?? [];
    const option = plain ?? prefixed;
    return option === undefined ? [] : [value === "" ? option : `${option}=${value}`];
  });
  return [...classes.filter(isOption), ...fromAttributes];
}

/** The outermost `pre` at or in an element, else its `code` elements, without those that only number lines. */
function codesIn(element: Element): Element[] {
  const around = outermost(element, "pre");
  if (around) return [around];
  for (const name of ["pre", "code"]) {
    const all = findElements(element, name).filter((one) => !isInOutput(one, element));
    const found = all.filter((one) => !all.some((other) => other !== one && isInside(one, other)));
    if (found.length > 0) return withoutLineNumbers(found);
  }
  return element.tagName === "deferred-runner" ? [element] : [];
}

/** The element that holds the text of the code: a table of lines has one beside that of the numbers. */
export function holderOf(code: Element): Element {
  const all = [...findElements(code, "pre"), ...findElements(code, "code")];
  const leaves = all.filter((one) => !all.some((other) => other !== one && isInside(other, one)));
  const [only, ...others] = withoutLineNumbers(leaves);
  return only && others.length === 0 ? only : code;
}

function withoutLineNumbers(elements: readonly Element[]): Element[] {
  const others = elements.filter((element) => !/^[\s\d]*$/.test(textIn(element)));
  // Of two pieces of digits, the numbers stand first.
  return others.length > 0 ? others : elements.slice(-1);
}

/** Whether recorded output, not the code, is meant. */
function isInOutput(element: Element, root: Element): boolean {
  for (let node: Node | null = element; node && node !== root; node = parentOf(node)) {
    if ("tagName" in node && node.tagName === "output") return true;
  }
  return false;
}

/** The innermost element of that name at or around an element. */
export function closest(element: Element, name: string): Element | undefined {
  for (let node: Node | null = element; node; node = parentOf(node)) {
    if ("tagName" in node && node.tagName === name) return node;
  }
  return undefined;
}

function outermost(element: Element, name: string): Element | undefined {
  let found: Element | undefined;
  for (let node: Node | null = element; node; node = parentOf(node)) {
    if ("tagName" in node && node.tagName === name) found = node;
  }
  return found;
}

function isInside(element: Element, other: Element): boolean {
  for (let node: Node | null = parentOf(element); node; node = parentOf(node)) {
    if (node === other) return true;
  }
  return false;
}

export function parentOf(node: Node): Node | null {
  return "parentNode" in node ? node.parentNode : null;
}

function textIn(element: Element): string {
  let text = "";
  walk(element, (node) => {
    if (node.nodeName === "#text" && "value" in node) text += node.value;
  });
  return text;
}

/** In document order. Iterative: a page may nest without bound. */
function walk(root: Node, visit: (node: Node) => void): void {
  const rest: Node[] = [root];
  for (let node = rest.pop(); node; node = rest.pop()) {
    visit(node);
    if ("childNodes" in node) for (const child of node.childNodes.toReversed()) rest.push(child);
  }
}
