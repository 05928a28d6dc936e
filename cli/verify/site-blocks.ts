import { parse } from "parse5";
import { sourceDigest } from "../../blocks/digest.ts";
import { inspectBlock, type UnverifiedBlock } from "../../blocks/inspect.ts";
import { CLOCK_LEEWAY_S } from "../../protocol/claims.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { duration } from "../../protocol/words.ts";
import { findBlocksIn, type PageBlock } from "../page/blocks.ts";
import { findMarkedBlocks } from "../site/find-marks.ts";
import { checkPartsOf, errorSentence } from "./block.ts";

/** A problem, and its place in a site. */
export interface SiteFinding {
  file: string;
  line: number;
  message: string;
}

/** A block whose token can be read. */
export interface SiteBlock {
  file: string;
  line: number;
  block: UnverifiedBlock;
}

export interface Expected {
  /** The server that the tokens have to name; null: none, undefined: not known. */
  server: string | null | undefined;
  expiresWithinS: number;
  /** Milliseconds since 1970. */
  now: number;
}

/** Checks the blocks of a page as far as it takes no key and no server. */
export function checkSitePage(
  html: string,
  file: string,
  expected: Expected,
): { blocks: SiteBlock[]; findings: SiteFinding[] } {
  const document = parse(html, { sourceCodeLocationInfo: true });
  const findings: SiteFinding[] = [];
  const blocks: SiteBlock[] = [];
  const { blocks: marked, strays } = findMarkedBlocks(document);
  findings.push(...strays.map((stray) => ({ file, ...stray })));
  for (const { runner, line } of marked) {
    if (!runner)
      findings.push({ file, line, message: "marked, and not signed: deferred sign site" });
  }
  for (const found of findBlocksIn(document, undefined)) {
    const { line } = found;
    const say = (message: string) => void findings.push({ file, line, message });
    if (found.block.trim() === "") {
      say("the element has no token: deferred sign site");
      continue;
    }
    const block = readToken(found.block);
    if (block instanceof ApiError) {
      say(errorSentence(block));
      continue;
    }
    blocks.push({ file, line, block });
    for (const message of checkClaims(block, found, expected)) say(message);
  }
  return { blocks, findings };
}

function checkClaims({ claims }: UnverifiedBlock, found: PageBlock, expected: Expected): string[] {
  const { server, now, expiresWithinS } = expected;
  const messages: string[] = [];
  if (sourceDigest(found.code) !== claims.code) {
    messages.push(["not the code that was signed", found.differs].filter(Boolean).join(": "));
  }
  for (const { name, holds, says } of checkPartsOf(claims, found)) {
    if (holds === false) messages.push(`${name}: ${says}`);
  }
  const leftS = claims.exp === undefined ? Number.POSITIVE_INFINITY : claims.exp - now / 1000;
  if (leftS + CLOCK_LEEWAY_S <= 0) messages.push("its token has expired");
  else if (leftS <= expiresWithinS) messages.push(`its token expires in ${duration(leftS)}`);
  if (claims.iat - CLOCK_LEEWAY_S > now / 1000) messages.push("its token is signed in the future");
  const named = [claims.aud ?? []].flat().map((url) => url.replace(/\/+$/, ""));
  if (server === null && named.length > 0) {
    messages.push(`it is for ${named.join(", ")} alone, not for any server`);
  } else if (server && named.length > 0 && !named.includes(server)) {
    messages.push(`it is for ${named.join(", ")}, not for ${server}`);
  } else if (server && named.length === 0) {
    messages.push(`it names no server; this site's is ${server}`);
  }
  return messages;
}

function readToken(block: string): UnverifiedBlock | ApiError {
  try {
    return inspectBlock(block.trim());
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}
