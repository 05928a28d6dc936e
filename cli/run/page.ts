import { readFile } from "node:fs/promises";
import { parse, type DefaultTreeAdapterTypes } from "parse5";
import { CliError } from "../cli-error.ts";
import { unreachable } from "../api.ts";

/** A block as it stands on a page. */
export interface PageBlock {
  block: string;
  /** The source text, as the element reads it. */
  code: string;
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

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** The blocks of a page, in its order. `url` is the page's own, against which its links are read. */
export function findBlocks(html: string, url: string | undefined): PageBlock[] {
  const document = parse(html);
  const scripts = elements(document, "script");
  const script = scripts.map((one) => attribute(one, "src")).find((src) => isWidget(src));
  const fromScript = script === undefined ? undefined : absolute(script, url);
  return elements(document, "deferred-runner").map((element) => {
    const server = attribute(element, "server");
    return {
      block: attribute(element, "block") ?? "",
      code: sourceText(element),
      serverUrl: server === undefined ? fromScript : absolute(server, url),
    };
  });
}

/** The text of the one `code`, else of the first `pre`, else the element's own: as the widget has it. */
function sourceText(element: Element): string {
  const codes = elements(element, "code");
  const holder = codes.length === 1 ? codes[0] : elements(element, "pre")[0];
  return textContent(holder ?? element);
}

function isWidget(src: string | undefined): boolean {
  return src !== undefined && /\/deferred-runner\.js(\?|#|$)/.test(src);
}

function absolute(link: string, base: string | undefined): string | undefined {
  return URL.canParse(link, base) ? new URL(link, base).origin : undefined;
}

function attribute(element: Element, name: string): string | undefined {
  return element.attrs.find((one) => one.name === name)?.value;
}

function elements(node: Node, name: string): Element[] {
  if (!("childNodes" in node)) return [];
  return node.childNodes.flatMap((child) => [
    ...("tagName" in child && child.tagName === name ? [child] : []),
    ...elements(child, name),
  ]);
}

function textContent(node: Node): string {
  if ("value" in node) return node.value;
  return "childNodes" in node ? node.childNodes.map(textContent).join("") : "";
}
