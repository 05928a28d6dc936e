import { canonicalCode } from "../../protocol/canonical-code.ts";
import { describeDifference, readPageCode } from "../../protocol/page-code.ts";
import type { PageElement } from "../../protocol/page-text.ts";
import { shownClaims } from "../element/claims.ts";
import { pageElement } from "./page-element.ts";
import { sha256 } from "./sha256.ts";

/**
 * Reads the code of a block from its page, in the reading whose digest matches the token `block`. The server
 * canonicalizes it again and verifies it. `first` is a copy of `host` from before translators and highlighters.
 */
export function readSource(host: Element, block = "", first?: Element): string {
  const { code } = shownClaims(block);
  return readPageCode(placesOf(host, first), (text) => digestOf(text) === code).text;
}

/** Returns whether `code` is the `code` claim of `text`. */
export function isSignedText(text: string, code: string): boolean {
  return digestOf(text) === code;
}

/** Describes the code on the page, for a refusal because the author signed other code. */
export function describePageCode(host: Element): string {
  return describeDifference(pageElement(host));
}

/** Markdown may close a paragraph around the empty tag: the code is then after the paragraph. */
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
    // The text has characters that no block may have.
    return null;
  }
}
