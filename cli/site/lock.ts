import * as v from "valibot";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { SlugSchema, type BlockClaims } from "../../protocol/claims.ts";
import { PublicJwkSchema, type PublicJwk } from "../../protocol/requests.ts";
import { parseJson } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { readFileIfThere, replaceFile } from "./atomic-file.ts";

export const LOCK_NAME = "deferred-blocks.lock.json";

/** Output that a block printed when the site was recorded. */
const RecordedSchema = v.object({
  /** ISO 8601. */
  at: v.string(),
  text: v.string(),
  pictures: v.optional(
    v.array(
      v.object({
        name: v.string(),
        type: v.pipe(v.string(), v.regex(/^image\/[a-z+]+$/)),
        base64: v.pipe(v.string(), v.base64()),
      }),
    ),
  ),
});
export type Recorded = v.InferOutput<typeof RecordedSchema>;

const EntrySchema = v.object({ block: v.string(), output: v.optional(RecordedSchema) });
const LockSchema = v.object({
  about: v.optional(v.string()),
  version: v.literal(1),
  project: SlugSchema,
  /** The server that may run the blocks; null: any. */
  server: v.nullable(v.pipe(v.string(), v.regex(/^https?:\/\//))),
  /** The public keys of the tokens, by id. */
  keys: v.record(v.string(), PublicJwkSchema),
  /** By the digest of the code, which may be signed for several terms. */
  blocks: v.record(v.string(), v.array(EntrySchema)),
});
type LockFile = v.InferOutput<typeof LockSchema>;

/** What is signed of a block: its claims without those of one token, and for how long. */
export type Signable = Omit<BlockClaims, "iat" | "exp" | "jti"> & {
  expires_s?: number | undefined;
};

export interface LockedBlock {
  block: string;
  claims: BlockClaims;
  output: Recorded | undefined;
}

const ABOUT = "Signed blocks of this site, written by deferred sign site. Commit this file.";

/** The blocks of a site that were signed before. */
export class BlockLock {
  readonly path: string;
  #file: LockFile | undefined;
  #saved: string | undefined;
  readonly #used = new Set<string>();

  constructor(path: string) {
    this.path = path;
    this.#saved = readFileIfThere(path);
    this.#file = this.#saved === undefined ? undefined : parseLock(path, this.#saved);
  }

  get project(): string | undefined {
    return this.#file?.project;
  }

  /** The server that its blocks are for; null: any, undefined: nothing was signed yet. */
  get server(): string | null | undefined {
    return this.#file?.server;
  }

  get keys(): readonly PublicJwk[] {
    return Object.values(this.#file?.keys ?? {});
  }

  /** The token for exactly these claims. */
  find(wanted: Signable): LockedBlock | undefined {
    const name = nameOf(wanted);
    return this.#entries(wanted.code).find(({ claims }) => nameOf(signableOf(claims)) === name);
  }

  /** The output of a block of the same code and terms, whoever signed it for which server. */
  findOutput(wanted: Signable): Recorded | undefined {
    const name = nameOf({ ...wanted, iss: "", aud: undefined });
    return this.#entries(wanted.code).find(
      ({ claims, output }) =>
        output && nameOf({ ...signableOf(claims), iss: "", aud: undefined }) === name,
    )?.output;
  }

  has(block: string): boolean {
    return Object.values(this.#file?.blocks ?? {}).some((all) =>
      all.some((one) => one.block === block),
    );
  }

  /** Keeps a token in the place of one for the same claims. */
  put({ block, claims, output }: LockedBlock, key: PublicJwk | undefined, kid: string): void {
    const file = (this.#file ??= emptyLock(claims.iss));
    const name = nameOf(signableOf(claims));
    const others = (file.blocks[claims.code] ?? []).filter((one) => {
      const inspected = readToken(one.block);
      return inspected && nameOf(signableOf(inspected)) !== name;
    });
    file.blocks[claims.code] = [...others, { block, ...(output && { output }) }];
    if (key) file.keys[kid] = key;
    this.use(block);
  }

  /** Keeps what a block printed. */
  setOutput(block: string, output: Recorded): void {
    for (const entry of Object.values(this.#file?.blocks ?? {}).flat()) {
      if (entry.block === block) entry.output = output;
    }
  }

  /** Says for whom and which server the site is signed from now on. */
  setAuthor(project: string, server: string | null): void {
    this.#file = { ...(this.#file ?? emptyLock(project)), project, server };
  }

  /** The block stands on a page, so that `prune` keeps it. */
  use(block: string): void {
    this.#used.add(block);
  }

  /** How many of its blocks no page has. */
  get unused(): number {
    const all = Object.values(this.#file?.blocks ?? {}).flat();
    return all.filter(({ block }) => !this.#used.has(block)).length;
  }

  /** Removes the blocks that no page has. Returns how many. */
  prune(): number {
    let count = 0;
    for (const [code, entries] of Object.entries(this.#file?.blocks ?? {})) {
      const kept = entries.filter(({ block }) => this.#used.has(block));
      count += entries.length - kept.length;
      if (kept.length > 0) this.#file!.blocks[code] = kept;
      else delete this.#file!.blocks[code];
    }
    return count;
  }

  /** Writes the file if it changed. Blocks that another process has saved since are kept, unless it was pruned. */
  save({ pruned = false } = {}): boolean {
    if (!this.#file) return false;
    const now = readFileIfThere(this.path);
    if (now !== undefined && now !== this.#saved && !pruned)
      merge(this.#file, parseLock(this.path, now));
    const text = writeLock(this.#file);
    this.#saved = text;
    if (text === now) return false;
    replaceFile(this.path, text);
    return true;
  }

  #entries(code: string): LockedBlock[] {
    return (this.#file?.blocks[code] ?? []).flatMap(({ block, output }) => {
      const claims = readToken(block);
      return claims?.code === code ? [{ block, claims, output }] : [];
    });
  }
}

function emptyLock(project: string): LockFile {
  return { version: 1, project, server: null, keys: {}, blocks: {} };
}

function merge(file: LockFile, other: LockFile): void {
  for (const [code, entries] of Object.entries(other.blocks)) {
    const own = file.blocks[code] ?? [];
    const names = new Set(
      own.flatMap(({ block }) => readToken(block) ?? []).map((one) => nameOf(signableOf(one))),
    );
    const added = entries.filter(({ block }) => {
      const claims = readToken(block);
      return claims && !names.has(nameOf(signableOf(claims)));
    });
    file.blocks[code] = [...own, ...added];
  }
  file.keys = { ...other.keys, ...file.keys };
}

/** Sorted, so that a change of one block is a change of few lines. */
function writeLock({ project, server, keys, blocks }: LockFile): string {
  const sorted = <Value>(values: Record<string, Value>) =>
    Object.fromEntries(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const lists = Object.entries(blocks).map(([code, entries]) => [
    code,
    entries.toSorted((a, b) => (a.block < b.block ? -1 : 1)),
  ]);
  const file = {
    about: ABOUT,
    version: 1,
    project,
    server,
    keys: sorted(keys),
    blocks: sorted(Object.fromEntries(lists)),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function parseLock(path: string, text: string): LockFile {
  const parsed = v.safeParse(LockSchema, parseJson(text));
  if (parsed.success) return parsed.output;
  const conflict = /^(<{7}|>{7})/m.test(text);
  throw new CliError(`${path} is not what deferred sign site writes`, {
    hint: conflict
      ? "it holds a merge conflict: take either side, then run deferred sign site again"
      : "restore it from your repository; without it, every block has to be signed again",
    exitCode: EXIT.refused,
  });
}

function readToken(block: string): BlockClaims | undefined {
  try {
    return inspectBlock(block).claims;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

export function signableOf({ iat, exp, jti: _jti, ...claims }: BlockClaims): Signable {
  return { ...claims, ...(exp !== undefined && { expires_s: exp - iat }) };
}

function nameOf(wanted: Signable): string {
  return canonicalJson(wanted);
}
