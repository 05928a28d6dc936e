import { canonicalCode } from "../../protocol/canonical-code.ts";
import { shownClaims } from "../element/claims.ts";
import { lazyPart } from "../element/lazy-part.ts";

/** What lazy parts use of this module, which they do not load a second time. */
export interface CodeReader {
  digestOf: typeof digestOf;
  readCode: typeof readCode;
}

const loadReadings = lazyPart(() => import("./source-text.ts"));

/**
 * Reads the code of a block from its page. Mostly the text as it stands has the digest that the token `block` signs;
 * the other readings are loaded where it has not. `first` is a copy of `host` from before other scripts changed it.
 */
export async function readCode(host: Element, block: string, first?: Element): Promise<string> {
  const text = plainText(host);
  const { code } = shownClaims(block);
  if (code !== undefined && (await digestOf(text)) === code) return text;
  const { readSource } = await loadReadings();
  return readSource(host, block, first);
}

/** Returns whether the page shows the code that the token `block` signs. */
export async function isSigned(host: Element, block: string, first?: Element): Promise<boolean> {
  const { code } = shownClaims(block);
  if (code === undefined) return false;
  if ((await digestOf(plainText(host))) === code) return true;
  return (await loadReadings()).isSignedPage(host, block, first);
}

/** Describes the code on the page, for a refusal because the author signed other code. */
export async function describeCode(host: Element): Promise<string> {
  const { describePageCode } = await loadReadings();
  return describePageCode(host);
}

function plainText(host: Element): string {
  const codes = host.querySelectorAll("code");
  const holder = codes.length === 1 ? codes[0] : host.querySelector("pre");
  return (holder ?? host).textContent ?? "";
}

/**
 * The `code` claim of a text. Undefined on plain http, where browsers have no digests, and for text that no block may have.
 */
export async function digestOf(text: string): Promise<string | undefined> {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  if (!subtle) return undefined;
  try {
    const bytes = await subtle.digest("SHA-256", new TextEncoder().encode(canonicalCode(text)));
    const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
    return `c1-sha256-${base64.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "")}`;
  } catch {
    return undefined;
  }
}
