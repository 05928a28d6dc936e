import * as v from "valibot";
import { canonicalJson } from "../../blocks/canonical-json.ts";
import { unverifiedClaims } from "../../blocks/inspect.ts";
import { SlugSchema, type BlockClaims } from "../../protocol/claims.ts";
import { PublicJwkSchema } from "../../protocol/requests.ts";
import { parseJson } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";

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
type Entry = v.InferOutput<typeof EntrySchema>;
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
export type LockFile = v.InferOutput<typeof LockSchema>;

/** A block's claims without those that differ by token, and how long it is valid. */
export type Signable = Omit<BlockClaims, "iat" | "exp" | "jti"> & {
  expires_s?: number | undefined;
};

const ABOUT = "Signed blocks of this site, written by deferred sign site. Commit this file.";

export function emptyLock(project: string): LockFile {
  return { version: 1, project, server: null, keys: {}, blocks: {} };
}

/** Adds the blocks of `other`, which was saved later: of the same claims, its token stays unless ours is in `own`. */
export function mergeLocks(file: LockFile, other: LockFile, own: ReadonlySet<string>): void {
  for (const [code, entries] of Object.entries(other.blocks)) {
    const merged = new Map(entries.flatMap(namedEntry));
    for (const [name, entry] of (file.blocks[code] ?? []).flatMap(namedEntry)) {
      const theirs = merged.get(name);
      if (!theirs) merged.set(name, entry);
      else if (own.has(entry.block)) {
        const output = newest(entry.output, theirs.output);
        merged.set(name, { block: entry.block, ...(output && { output }) });
      }
    }
    file.blocks[code] = [...merged.values()];
  }
  file.keys = { ...other.keys, ...file.keys };
}

function namedEntry(entry: Entry): (readonly [string, Entry])[] {
  const claims = unverifiedClaims(entry.block);
  return claims ? [[signableName(signableOf(claims)), entry]] : [];
}

function newest(one: Recorded | undefined, other: Recorded | undefined): Recorded | undefined {
  return one && other ? (one.at < other.at ? other : one) : (one ?? other);
}

/** Sorted, so that a change of one block is a change of few lines. */
export function writeLock({ project, server, keys, blocks }: LockFile): string {
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

/** Throws `CliError`. `path` is for its message. */
export function parseLock(path: string, text: string): LockFile {
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

export function signableOf({ iat, exp, jti: _jti, ...claims }: BlockClaims): Signable {
  return { ...claims, ...(exp !== undefined && { expires_s: exp - iat }) };
}

/** Equal for equal claims. */
export function signableName(wanted: Signable): string {
  return canonicalJson(wanted);
}
