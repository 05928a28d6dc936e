import { randomUUID } from "node:crypto";
import type { BlockClaims } from "../../protocol/claims.ts";
import { MAX_TOKEN_BYTES } from "../../protocol/sizes.ts";
import { codeDigest } from "../../blocks/digest.ts";
import { signBlock } from "../../blocks/sign.ts";
import { readAuthor, type Author } from "../author.ts";
import { readPrivateKey } from "./private-key.ts";
import { CliError } from "../cli-error.ts";
import type { Arguments } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { claimsOf, type Terms } from "./claims.ts";
import { guessRuntime, RUNTIME_NAMES, versionNotes, wrongRuntime } from "./runtime.ts";
import { limitNotes } from "./limits.ts";
import { networkNotes } from "./network.ts";
import { canonicalSource, readSource } from "./source.ts";

export interface Signed {
  block: string;
  /** Canonical code. */
  code: string;
  claims: BlockClaims;
  /** Where it is to run. */
  serverUrl: string;
  notes: string[];
}

/**
 * Signs a file with the data folder's key. Of `args` it takes what says who signs, for which server
 * and for which runtime. Throws `CliError`.
 */
export async function signFile(args: Arguments, file: string, terms: Terms): Promise<Signed> {
  const audience = audienceOf(args);
  const source = await readSource(file);
  const { code, notes } = canonicalSource(file, source);
  const runtime = args.text("runtime") ?? guessRuntime(file, source);
  if (runtime === undefined) {
    throw args.wrong(
      `what runs ${file} can't be told from its name: add --runtime (${RUNTIME_NAMES})`,
    );
  }
  const wrong = wrongRuntime(runtime);
  if (wrong !== undefined) throw args.wrong(`--runtime: ${wrong}`);
  const author = await readAuthor({ project: args.text("project") });
  const serverUrl = audience ?? author.serverUrl;
  const claims = claimsOf(terms, {
    project: author.project,
    audience: args.flag("no-aud") ? undefined : serverUrl,
    digest: codeDigest(code),
    runtime,
    id: randomUUID(),
    now: Date.now(),
  });
  const asked = serverUrl === author.serverUrl ? await askServer(author, runtime, terms) : [];
  const block = await signBlock(claims, await readPrivateKey(author, args.text("key")));
  if (Buffer.byteLength(block) > MAX_TOKEN_BYTES) {
    throw new CliError(`the block is ${block.length} bytes; it may be ${MAX_TOKEN_BYTES}`, {
      hint: "declare fewer inputs or origins",
      exitCode: EXIT.refused,
    });
  }
  return {
    block,
    code,
    claims,
    serverUrl,
    notes: [...notes, ...limitNotes(terms.limits), ...asked],
  };
}

/** What the server itself says of it, where that is the one that is going to run it. */
async function askServer(author: Author, runtime: string, { limits }: Terms): Promise<string[]> {
  const network = await networkNotes(author, limits.network ?? false);
  return [...network, ...(await versionNotes(author.serverUrl, runtime))];
}

function audienceOf(args: Arguments): string | undefined {
  const text = args.text("aud");
  if (text === undefined) return undefined;
  if (args.flag("no-aud")) throw args.wrong("--aud and --no-aud can't be had together");
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
    return text.replace(/\/+$/, "");
  throw args.wrong(`--aud takes a server's URL, not "${text}"`);
}
