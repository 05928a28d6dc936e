import { readFile } from "node:fs/promises";
import { parse } from "parse5";
import { CanonicalCodeError, canonicalCode } from "../../protocol/canonical-code.ts";
import { describeDifference, readPageCode } from "../../protocol/page-code.ts";
import { textOf } from "../../protocol/page-text.ts";
import { codeDigest } from "../../blocks/digest.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { unreachable } from "../api.ts";
import { CliError } from "../cli-error.ts";
import { attribute, elementsOf, nextElement, pageElement, type Element } from "./page-element.ts";

/** A block as it stands on a page. */
export interface PageBlock {
  block: string;
  /** The source text, as the element reads it. */
  code: string;
  /** What can be known of code that is not what was signed; absent where it is. */
  differs?: string;
  /** The server the element would talk to; undefined where the page does not say. */
  serverUrl: string | undefined;
}

export interface Page {
  /** What a browser would send as `Origin`. */
  origin: string;
  blocks: PageBlock[];
}

/** Whether `name` is a page rather than a program: an address, or an HTML file. */
export function isPage(name: string): boolean {
  return /^https?:\/\//.test(name) || /\.html?$/i.test(name);
}

/** Reads a page from its address or its file. Throws `CliError`. */
export async function readPage(name: string): Promise<Page> {
  if (!/^https?:\/\//.test(name)) {
    const html = await readFile(name, "utf8").catch((cause: NodeJS.ErrnoException) => {
      throw new CliError(`${name} can't be read (${cause.code})`, { cause });
    });
    // What a browser sends from a file.
    return { origin: "null", blocks: findBlocks(html, undefined) };
  }
  const response = await fetch(name).catch((cause: unknown) => {
    throw unreachable(name, cause);
  });
  if (!response.ok) throw new CliError(`${name} answered ${response.status}`);
  const url = response.url;
  return { origin: new URL(url).origin, blocks: findBlocks(await response.text(), url) };
}

/** The blocks of a page, in its order. `url` is the page's own, against which its links are read. */
export function findBlocks(html: string, url: string | undefined): PageBlock[] {
  const document = parse(html);
  const scripts = elementsOf(document, "script");
  const script = scripts.map((one) => attribute(one, "src")).find((src) => isWidget(src));
  const fromScript = script === undefined ? undefined : absolute(script, url);
  return elementsOf(document, "deferred-runner").map((element) => {
    const server = attribute(element, "server");
    const block = attribute(element, "block") ?? "";
    return {
      block,
      ...readCode(element, block),
      serverUrl: server === undefined ? fromScript : absolute(server, url),
    };
  });
}

/** Reads the code of an element as the widget does. */
function readCode(element: Element, block: string): Pick<PageBlock, "code" | "differs"> {
  const signed = claimedDigest(block);
  const places = placesOf(element).map((place) => pageElement(place));
  const { text, fits } = readPageCode(places, (code) => digestOf(code) === signed);
  return fits || signed === undefined
    ? { code: text }
    : { code: text, differs: describeDifference(places[0]!) };
}

/** Where Markdown closed a paragraph around the empty tag, the code stands after it. */
function placesOf(element: Element): Element[] {
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

function claimedDigest(block: string): string | undefined {
  try {
    return inspectBlock(block.trim()).claims.code;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

function digestOf(code: string): string | null {
  try {
    return codeDigest(canonicalCode(code));
  } catch (error) {
    if (error instanceof CanonicalCodeError) return null;
    throw error;
  }
}

function isWidget(src: string | undefined): boolean {
  return src !== undefined && /\/deferred-runner\.js(\?|#|$)/.test(src);
}

function absolute(link: string, base: string | undefined): string | undefined {
  return URL.canParse(link, base) ? new URL(link, base).origin : undefined;
}
