import { readFiles, readSetup } from "../../protocol/part-attributes.ts";
import type { RequestParts } from "../../protocol/requests.ts";
import { shownClaims, type ShownClaims } from "../element/claims.ts";
import type { CodeReader } from "./read-code.ts";

export { readSetup };

/**
 * Reads what a block needs beside its own code: files and set-up from its attributes, the code it builds on from the
 * other blocks of the page. What the page does not have is left out, and the server says so.
 */
export async function collectParts(
  host: Element,
  claims: ShownClaims,
  reader: CodeReader,
): Promise<RequestParts> {
  const files = host.getAttribute("files");
  const setup = host.getAttribute("setup");
  return {
    ...(files !== null && { files: readFiles(files) }),
    ...(setup !== null && { setup: readSetup(setup) }),
    ...(claims.after && { before: await readBefore(host, claims.after, reader) }),
  };
}

async function readBefore(
  host: Element,
  after: readonly string[],
  reader: CodeReader,
): Promise<string[]> {
  const blocks = await findEarlierBlocks(host, after, reader);
  return after.flatMap((digest) => blocks.get(digest)?.text ?? []);
}

/** The page's blocks whose codes have these digests, and what they show. */
export async function findEarlierBlocks(
  host: Element,
  after: readonly string[],
  { matchesClaim, readCode }: CodeReader,
): Promise<Map<string, { block: Element; text: string }>> {
  const found = new Map<string, { block: Element; text: string }>();
  for (const block of document.querySelectorAll(host.localName)) {
    const token = block.getAttribute("block");
    const { code } = token === null ? {} : shownClaims(token);
    if (token === null || code === undefined || !after.includes(code) || found.has(code)) continue;
    const text = await readCode(block, token);
    if (await matchesClaim(text, code)) found.set(code, { block, text });
  }
  return found;
}
