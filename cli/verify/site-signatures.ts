import type { UnverifiedBlock } from "../../blocks/inspect.ts";
import { verifyBlockSignature } from "../../blocks/verify.ts";
import { thumbprintSync } from "../../blocks/keys.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { paths } from "../../protocol/paths.ts";
import { BlockChecksSchema, type BlockCheck, type PublicJwk } from "../../protocol/requests.ts";
import { MAX_CHECKED_BLOCKS } from "../../protocol/sizes.ts";
import { call } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";
import { errorSentence } from "./block.ts";
import type { SiteBlock, SiteFinding } from "./site-blocks.ts";

const ANSWER_MS = 15_000;

export interface SignatureOutcome {
  findings: SiteFinding[];
  /** What could not be checked, in sentences. */
  unchecked: string[];
}

/** Checks signatures with the keys that are known here. Of other keys the server knows more, if it is asked. */
export async function checkSignatures(
  blocks: readonly SiteBlock[],
  keys: readonly PublicJwk[],
  { asksServer }: { asksServer: boolean },
): Promise<SignatureOutcome> {
  const byId = new Map(keys.map((key) => [thumbprintSync(key), key]));
  const findings: SiteFinding[] = [];
  const unknown = new Set<string>();
  for (const { block, file, line } of blocks) {
    const { kid } = block.header;
    const key = byId.get(kid);
    if (!key && byId.size === 0) unknown.add(kid);
    else if (!key) {
      const message = `its key ${kid} is unknown here`;
      if (!asksServer) findings.push({ file, line, message });
    } else {
      const message = await checkSignature(block, key);
      if (message !== undefined) findings.push({ file, line, message });
    }
  }
  const unchecked = [...unknown].map(
    (kid) => `signatures by ${kid}: no key is known here; add --key FILE with its public JWK`,
  );
  return { findings, unchecked };
}

/** Why a signature is not valid; undefined: it is. */
async function checkSignature(block: UnverifiedBlock, key: PublicJwk): Promise<string | undefined> {
  try {
    await verifyBlockSignature(block, key);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return errorSentence(error);
    throw error;
  }
}

/** Asks the servers that the blocks name whether they would run them: keys, revocations, signatures, times. */
export async function askServers(
  blocks: readonly SiteBlock[],
  fallback: string | undefined,
): Promise<SignatureOutcome> {
  const findings: SiteFinding[] = [];
  const unchecked: string[] = [];
  for (const [server, own] of Map.groupBy(
    blocks,
    ({ block }) => serverOf(block.claims.aud) ?? fallback,
  )) {
    if (server === undefined) {
      unchecked.push(`${own.length} blocks name no server to ask: add --aud, or --offline`);
      continue;
    }
    for (let at = 0; at < own.length; at += MAX_CHECKED_BLOCKS) {
      const some = own.slice(at, at + MAX_CHECKED_BLOCKS);
      const checks = await askServer(server, some);
      if (typeof checks === "string") {
        unchecked.push(`revocations: ${checks}; --offline leaves them out`);
        break;
      }
      for (const [index, check] of checks.entries()) {
        const { file, line } = some[index]!;
        if (check)
          findings.push({ file, line, message: check.detail.replace(/ It was not run\.$/, "") });
      }
    }
  }
  return { findings, unchecked };
}

/** The server's answer, or why there is none. */
async function askServer(
  server: string,
  blocks: readonly SiteBlock[],
): Promise<(BlockCheck | null)[] | string> {
  const body = { blocks: blocks.map(({ block }) => block.token) };
  const signal = AbortSignal.timeout(ANSWER_MS);
  try {
    const options = { method: "POST", body, signal } as const;
    const { checks } = await call(server + paths.blockChecks, BlockChecksSchema, options);
    return checks.length === blocks.length ? checks : `${server} answered for other blocks`;
  } catch (error) {
    if (error instanceof CliError) return `${server} was not asked: ${error.message}`;
    if (error instanceof Error && error.name === "TimeoutError") return `${server} does not answer`;
    throw error;
  }
}

function serverOf(aud: string | string[] | undefined): string | undefined {
  const named = [aud ?? []].flat().map((url) => url.replace(/\/+$/, ""));
  return named.find((url) => URL.canParse(url) && /^https?:/.test(url));
}
