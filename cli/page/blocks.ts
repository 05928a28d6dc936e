import { parse, type DefaultTreeAdapterTypes } from "parse5";
import { describeDifference, readPageCode } from "../../protocol/page-code.ts";
import { readFiles, readSetup } from "../../protocol/part-attributes.ts";
import { textOf } from "../../protocol/page-text.ts";
import { sourceDigest } from "../../blocks/digest.ts";
import type { RequestParts } from "../../protocol/requests.ts";
import { unverifiedClaims } from "../../blocks/inspect.ts";
import {
  attribute,
  findElements,
  hasCodeElsewhere,
  nextElement,
  pageElement,
  type Element,
} from "./element.ts";

/** A block of a page. */
export interface PageBlock {
  block: string;
  /** The source text, as the element reads it. */
  code: string;
  /** How the code differs from the code that was signed; absent if it does not. */
  differs?: string;
  /** Its files and the code it builds on, as far as the page has them. */
  sent: RequestParts;
  /** The server that the element would call; undefined if the page does not say. */
  serverUrl: string | undefined;
  /** The line of its tag, from 1, where the page says. */
  line: number;
}

/** The blocks of a page, in order. `url` is the page's own: its links are relative to it. */
export function findBlocks(html: string, url: string | undefined): PageBlock[] {
  return findBlocksIn(parse(html, { sourceCodeLocationInfo: true }), url);
}

/** The same of a parsed page. */
export function findBlocksIn(
  document: DefaultTreeAdapterTypes.Document,
  url: string | undefined,
): PageBlock[] {
  const scripts = findElements(document, "script");
  const script = scripts.map((one) => attribute(one, "src")).find((src) => isWidget(src));
  const fromScript = script === undefined ? undefined : absolute(script, url);
  const elements = findElements(document, "deferred-runner");
  const blocks = elements
    .filter((element) => !hasCodeElsewhere(element))
    .map((element) => {
      const server = attribute(element, "server");
      const block = attribute(element, "block") ?? "";
      return {
        block,
        ...readCode(element, block),
        sent: readAttributes(element),
        serverUrl: server === undefined ? fromScript : absolute(server, url),
        line: element.sourceCodeLocation?.startLine ?? 1,
      };
    });
  // Only a page whose blocks build on others pays for the digests, and once.
  let codes: Map<string | undefined, string> | undefined;
  const codeOf = (digest: string) => {
    codes ??= new Map(blocks.map(({ code }) => [sourceDigest(code), code]));
    return codes.get(digest);
  };
  for (const one of blocks) {
    const after = unverifiedClaims(one.block.trim())?.after;
    // Missing parts are left out.
    if (after) one.sent.before = after.flatMap((digest) => codeOf(digest) ?? []);
  }
  return blocks;
}

function readAttributes(element: Element): RequestParts {
  const files = attribute(element, "files");
  const setup = attribute(element, "setup");
  return {
    ...(files !== undefined && { files: readFiles(files) }),
    ...(setup !== undefined && { setup: readSetup(setup) }),
  };
}

/** Reads the code of an element as the widget does. */
function readCode(element: Element, block: string): Pick<PageBlock, "code" | "differs"> {
  const signed = unverifiedClaims(block.trim())?.code;
  const places = codePlaces(element).map((place) => pageElement(place));
  const isSigned = (code: string) => signed !== undefined && sourceDigest(code) === signed;
  const { text, fits } = readPageCode(places, isSigned);
  return fits || signed === undefined
    ? { code: text }
    : { code: text, differs: describeDifference(places[0]!) };
}

/** Where Markdown closed a paragraph around the empty tag, the code stands after it. */
function codePlaces(element: Element): Element[] {
  const places = [element];
  if (/\S/.test(textOf(pageElement(element)))) return places;
  for (let node = element; places.length < 5;) {
    const next = nextElement(node);
    if (next) places.push(next);
    if (!node.parentNode || !("tagName" in node.parentNode)) break;
    node = node.parentNode;
  }
  return places;
}

/** Whether a script's address is that of the element. */
export function isWidget(src: string | undefined): boolean {
  return src !== undefined && /\/deferred-runner\.js(\?|#|$)/.test(src);
}

function absolute(link: string, base: string | undefined): string | undefined {
  return URL.canParse(link, base) ? new URL(link, base).origin : undefined;
}
