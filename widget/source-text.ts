import { sha256 } from "./sha256.ts";
import { canonicalCode } from "../protocol/canonical-code.ts";
import { describeDifference, readPageCode } from "../protocol/page-code.ts";
import type { PageElement } from "../protocol/page-text.ts";
import { shownClaims } from "./claims.ts";
import { pageElement } from "./page-element.ts";

/**
 * The code of a block as its page shows it, read in the way whose digest fits `block`, its token. It is sent as it
 * is; the server brings it into its canonical form, and decides. `first` is how `host` once was: what
 * translates a page, or highlights it, changes what stands there.
 */
export function sourceText(host: Element, block = "", first?: Element): string {
  const { code } = shownClaims(block);
  return readPageCode(placesOf(host, first), (text) => digestOf(text) === code).text;
}

/** For a reader whose page does not show what was signed. */
export function differenceIn(host: Element): string {
  return describeDifference(pageElement(host));
}

/** A copy of `host` that loads nothing, runs nothing, and no script of the page finds. */
export function keptCopy(host: Element): Element | undefined {
  const { length } = (host.textContent ?? "").trim();
  return length > 0 && length < 1 << 20
    ? (inert ??= document.createElement("template").content.ownerDocument).importNode(host, true)
    : undefined;
}

/** A document without a page. */
let inert: Document | undefined;

/** Where Markdown closed a paragraph around the empty tag, the code stands after it. */
function placesOf(host: Element, first?: Element): PageElement[] {
  const places = first ? [host, first] : [host];
  if (!/\S/.test(host.textContent ?? "")) {
    for (let node: Element | null = host; node && places.length < 5; node = node.parentElement) {
      if (node.nextElementSibling) places.push(node.nextElementSibling);
    }
  }
  return places.map((place) => pageElement(place));
}

function digestOf(source: string): string | null {
  try {
    const bytes = sha256(new TextEncoder().encode(canonicalCode(source)));
    const base64 = btoa(String.fromCharCode(...bytes));
    return `c1-sha256-${base64.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "")}`;
  } catch {
    // It holds what no block may hold.
    return null;
  }
}
