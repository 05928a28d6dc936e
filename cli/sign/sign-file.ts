import { randomUUID } from "node:crypto";
import type { BlockClaims } from "../../protocol/claims.ts";
import { limitNotes } from "../../protocol/limits.ts";
import { MAX_TOKEN_BYTES } from "../../protocol/sizes.ts";
import { parseRuntime, RUNTIME_FACTS, RUNTIMES } from "../../protocol/runtimes.ts";
import { codeDigest } from "../../blocks/digest.ts";
import type { PrivateJwk } from "../../blocks/keys.ts";
import { signBlockSync } from "../../blocks/sign.ts";
import { readAuthor, type Author } from "../api/author.ts";
import { readPrivateKey } from "./private-key.ts";
import { oldPlaceNotes } from "../keys/key-files.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { makeClaims, type Terms } from "./claims.ts";
import { guessRuntime, RUNTIME_NAMES, versionNotes, wrongRuntime } from "./runtime.ts";
import { networkNotes } from "./network.ts";
import { readParts, refuseStored, type PartOptions, type Parts } from "./parts.ts";
import { canonicalSource, readProgram } from "./source.ts";

export interface Signed {
  block: string;
  /** Canonical code. */
  code: string;
  claims: BlockClaims;
  /** Other parts of a request. */
  sent: Parts["sent"];
  /** Files that the server has to store. */
  stored: Parts["stored"];
  /** The server that is going to run it. */
  serverUrl: string;
  notes: string[];
}

/** Who signs, for which server and for which runtime. */
export interface SignOptions extends PartOptions {
  runtime?: string | undefined;
  project?: string | undefined;
  key?: string | undefined;
  /** False: the token names no server. */
  aud?: string | boolean | undefined;
  /** The block is published next, so the server stores its larger files. */
  publish?: boolean | undefined;
}

/** Signs a file with a key of the data folder. Throws `CliError`. */
export async function signFile(file: string, terms: Terms, options: SignOptions): Promise<Signed> {
  const audience = typeof options.aud === "string" ? checkServerUrl(options.aud) : undefined;
  const source = await readProgram(file);
  const { code, notes } = canonicalSource(file, source);
  const runtime = readRuntime(options.runtime, file, source);
  checkLastValue(terms, runtime);
  const parts = await readParts(options, runtime, code);
  if (!options.publish) refuseStored(parts.stored);
  const author = await readAuthor(options.project);
  const serverUrl = audience ?? author.serverUrl;
  const claims = makeClaims(terms, {
    ...parts.claims,
    project: author.project,
    audience: options.aud === false ? undefined : serverUrl,
    digest: codeDigest(code),
    runtime,
    id: randomUUID(),
    now: Date.now(),
  });
  const asked = serverUrl === author.serverUrl ? await askServer(author, runtime, terms) : [];
  const key = readPrivateKey(author, options.key);
  const block = issueToken(claims, key);
  return {
    block,
    code,
    claims,
    sent: parts.sent,
    stored: parts.stored,
    serverUrl,
    notes: [...notes, ...limitNotes(terms.limits), ...asked, ...oldPlaceNotes(author, key.kid)],
  };
}

/** Signs the claims. Throws `CliError` for a token that no server takes. */
export function issueToken(claims: BlockClaims, key: PrivateJwk): string {
  const block = signBlockSync(claims, key);
  if (Buffer.byteLength(block) <= MAX_TOKEN_BYTES) return block;
  throw new CliError(`the block is ${block.length} bytes; it may be ${MAX_TOKEN_BYTES}`, {
    hint: "declare fewer inputs or origins",
    exitCode: EXIT.refused,
  });
}

function readRuntime(named: string | undefined, file: string, source: string): string {
  const runtime = named ?? guessRuntime(file, source);
  if (runtime === undefined) {
    throw new UsageError(
      `what runs ${file} can't be told from its name: add --runtime (${RUNTIME_NAMES})`,
    );
  }
  const wrong = wrongRuntime(runtime);
  if (wrong !== undefined) throw new UsageError(`--runtime: ${wrong}`);
  return runtime;
}

/** The notes of the server that is going to run it. */
async function askServer(author: Author, runtime: string, { limits }: Terms): Promise<string[]> {
  const network = await networkNotes(author, limits.network ?? false);
  return [...network, ...(await versionNotes(author.serverUrl, runtime))];
}

/** Throws `UsageError` if the last expression is asked for and the runtime can't tell it. */
export function checkLastValue({ value }: Terms, runtime: string): void {
  const { name } = parseRuntime(runtime);
  const has = RUNTIMES.some((known) => known === name && RUNTIME_FACTS[known].lastValue === true);
  if (value === "last" && !has) throw new UsageError("--value last is for python and ruby");
}

/** Throws `UsageError`. */
export function checkServerUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) {
    return text.replace(/\/+$/, "");
  }
  throw new UsageError(`--aud takes a server's URL, not "${text}"`);
}
