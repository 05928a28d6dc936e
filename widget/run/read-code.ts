import { shownClaims, toBase64 } from "../element/claims.ts";
import { lazyPart } from "../element/lazy-part.ts";

/** What lazy parts use of this module, which they do not load a second time. */
export interface CodeReader {
  matchesClaim: typeof matchesClaim;
  readCode: typeof readCode;
}

const loadReadings = lazyPart(() => import("./source-text.ts"));

/**
 * Reads the code of a block from its page. Mostly the text without the empty lines around it has the digest that the
 * token `block` signs; the other readings are loaded where it has not. `first` is a copy of `host` from before other
 * scripts changed it.
 */
export async function readCode(host: Element, block: string, first?: Element): Promise<string> {
  const codes = host.querySelectorAll("code");
  const holder = codes.length === 1 ? codes[0] : host.querySelector("pre");
  const text = (holder ?? host).textContent;
  const { code } = shownClaims(block);
  if (await isTrimmed(text, code)) return text;
  const { readSource } = await loadReadings();
  return readSource(host, block, first);
}

/** Returns whether `code` is the `code` claim of `text`. */
export async function matchesClaim(text: string, code: string | undefined): Promise<boolean> {
  if (code === undefined) return false;
  return (await isTrimmed(text, code)) || (await loadReadings()).isSignedText(text, code);
}

/**
 * Whether `code` is the claim of a text that is in canonical form but for empty lines around it, as most blocks are.
 * Others have another digest, and the readings know all of that form. False on plain http, where browsers have no digests.
 */
async function isTrimmed(text: string, code: string | undefined): Promise<boolean> {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  if (!subtle || !code) return false;
  let end = text.length;
  while (text[end - 1] === "\n") end--;
  const source = `${text.slice(0, end).replace(/^\n+/, "")}\n`;
  const digest = await subtle.digest("SHA-256", new TextEncoder().encode(source));
  const bytes = String.fromCharCode(...new Uint8Array(digest));
  return btoa(bytes) === `${toBase64(code.replace("c1-sha256-", ""))}=`;
}
