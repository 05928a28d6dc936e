import { readFiles, readSetup } from "../../protocol/part-attributes.ts";
import type { RequestParts } from "../../protocol/requests.ts";
import { shownClaims, type ShownClaims } from "../element/claims.ts";
import type * as reading from "./read-code.ts";

/** The functions of the run part, which this part does not load a second time. */
type Reading = Pick<typeof reading, "digestOf" | "readCode">;

/**
 * Reads what a block needs beside its own code: files and set-up from its attributes, the code it builds on from the
 * other blocks of the page. What the page does not have is left out, and the server says so.
 */
export async function collectParts(
  host: Element,
  claims: ShownClaims,
  reading: Reading,
): Promise<RequestParts> {
  const files = host.getAttribute("files");
  const setup = host.getAttribute("setup");
  return {
    ...(files !== null && { files: readFiles(files) }),
    ...(setup !== null && { setup: readSetup(setup) }),
    ...(claims.after && { before: await readBefore(host, claims.after, reading) }),
  };
}

async function readBefore(
  host: Element,
  after: readonly string[],
  { digestOf, readCode }: Reading,
): Promise<string[]> {
  const codes = new Map<string, string>();
  for (const block of document.querySelectorAll(host.localName)) {
    const token = block.getAttribute("block");
    const { code } = token === null ? {} : shownClaims(token);
    if (token === null || code === undefined || !after.includes(code) || codes.has(code)) continue;
    const text = await readCode(block, token);
    // On plain http browsers have no digests: the server checks the code.
    const digest = await digestOf(text);
    if (digest === undefined || digest === code) codes.set(code, text);
  }
  return after.flatMap((digest) => codes.get(digest) ?? []);
}
