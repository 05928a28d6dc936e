import { canonicalCode } from "../../protocol/canonical-code.ts";
import { describeDifference, readPageCode } from "../../protocol/page-code.ts";
import type { PageElement } from "../../protocol/page-text.ts";
import { shownClaims } from "../element/claims.ts";
import { pageElement } from "./page-element.ts";
import { sha256 } from "./sha256.ts";

/**
 * The code of a block as its page shows it, in the reading whose digest matches `block`, its token. The server
 * canonicalizes it again and decides. `first` is a copy of `host` from before translators and highlighters.
 */
export function readSource(host: Element, block = "", first?: Element): string {
  const { code } = shownClaims(block);
  return readPageCode(placesOf(host, first), (text) => digestOf(text) === code).text;
}

/** Describes the code on the page, for a reader whose page does not show what was signed. */
export function describePageCode(host: Element): string {
  return describeDifference(pageElement(host));
}

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
    // It holds characters that no block may hold.
    return null;
  }
}
