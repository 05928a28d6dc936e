import { nodesIn, readText, READINGS, textOf, type PageElement } from "./page-text.ts";

/** The code of a block on its page. */
export interface PageCode {
  text: string;
  /** Whether it matches the signature. Otherwise `text` is the plain reading. */
  fits: boolean;
}

/** A longer text can't be a block's: 256 KiB, and the page's own additions. */
const MAX_CHARACTERS = 1 << 20;
/** Most work on one block: a character costs 1, a node of the page 10. */
const MAX_WORK = 8 * MAX_CHARACTERS;
/** Most `pre` and `code` elements of one block that are read. */
const MAX_HOLDERS = 40;

/**
 * Tries the readings of a block's code in order, and returns the first that `fits` its token: a page's own
 * tools show lines as elements, number them, and put buttons between. The digest decides, so more readings
 * do not weaken the check. `found` are the element and other possible places of its code, in their order.
 */
export function readPageCode(
  found: readonly PageElement[],
  fits: (text: string) => boolean,
): PageCode {
  const places = found.map(withoutOutput);
  const tried = new Set<string>();
  for (const text of textsOf(places)) {
    if (tried.has(text)) continue;
    if (fits(text)) return { text, fits: true };
    tried.add(text);
  }
  return { text: plainText(places[0]!), fits: false };
}

/** Output that the page holds beside the code, an `output` element, is no part of it. */
function withoutOutput(element: PageElement): PageElement {
  const isCode = (child: PageElement["children"][number]) =>
    typeof child === "string" || child.name !== "output";
  return { ...element, children: element.children.filter(isCode) };
}

/** The text of the one `code` element, else of the first `pre`, else of the element itself. */
function plainText(element: PageElement): string {
  return textOf(mainHolder(element));
}

function mainHolder(element: PageElement): PageElement {
  const codes = elementsIn(element, "code", 2);
  return (codes.length === 1 ? codes[0] : elementsIn(element, "pre", 1)[0]) ?? element;
}

function* textsOf(places: readonly PageElement[]): Generator<string> {
  const holders = places
    .flatMap(holdersOf)
    .map((holder) => ({ holder, work: 10 * nodesIn(holder) + textOf(holder).length }));
  let work = 0;
  for (const reading of READINGS) {
    for (const one of holders) {
      work += one.work;
      if (work > MAX_WORK && work > one.work) return;
      const text = readText(one.holder, reading);
      if (text.length > MAX_CHARACTERS) continue;
      yield text;
      const plain = withPlainBlanks(text);
      if (plain !== text) yield plain;
    }
  }
}

function holdersOf(element: PageElement): PageElement[] {
  const all = [
    mainHolder(element),
    ...elementsIn(element, "code", MAX_HOLDERS),
    ...elementsIn(element, "pre", MAX_HOLDERS),
    element,
  ];
  return [...new Set(all)];
}

/** The first `most` elements of that name in `element`, in the page's order. */
function elementsIn(element: PageElement, name: string, most: number): PageElement[] {
  const found: PageElement[] = [];
  const look = ({ children }: PageElement): void => {
    for (const child of children) {
      if (found.length === most) return;
      if (typeof child === "string") continue;
      if (child.name === name) found.push(child);
      look(child);
    }
  };
  look(element);
  return found;
}

/** Pages keep indentation with no-break spaces, and empty lines open with zero-width characters. */
function withPlainBlanks(text: string): string {
  return text.replaceAll("\u00a0", " ").replace(/[\u200b\u2060\ufeff\u00ad]/g, "");
}

/**
 * Describes a text that does not match the signature, for a person who looks for the cause. The token holds
 * only a digest of the code, so the difference itself is unknown.
 */
export function describeDifference(element: PageElement): string {
  const text = plainText(withoutOutput(element))
    .replace(/\r\n?/g, "\n")
    .replace(/^\s*\n|\s+$/g, "");
  if (text === "") {
    return "The element is empty: in Markdown, leave an empty line above the tag, so that the code stays inside it.";
  }
  const lines = text.split("\n");
  const button = /(copy|copied!?|copy code|kopieren|copier|copiar)$/i.exec(text)?.[0];
  const hints = [
    lines.length === 1 && elementsIn(mainHolder(element), "br", 1).length > 0
      ? "its line ends are elements"
      : lines.length === 1 && "it has no line ends",
    button && `it ends in “${button}”, as if a button were part of it`,
    lines.length > 1 &&
      lines.every((line, index) => line.trimStart().startsWith(`${index + 1}`)) &&
      "its lines begin with their numbers",
    /\[email\s+protected\]/.test(text) && "the site hides a mail address in it",
    /[\u2018\u2019\u201c\u201d]/.test(text) && "it has typographic quotes",
    elementsIn(element, "font", 1).length > 0 &&
      "the page seems to be translated: show the original and press Run again",
  ].filter((hint) => typeof hint === "string");
  const size = `The text on the page has ${count(text.length, "character")} in ${count(lines.length, "line")}`;
  return `${[size, ...hints].join("; ")}.`;
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
