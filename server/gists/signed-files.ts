import { codeDigest } from "../../blocks/digest.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import type { BlockClaims } from "../../protocol/claims.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { SIGNATURE_SUFFIX } from "../../protocol/gists.ts";
import { MAX_CODE_BYTES, MAX_TOKEN_BYTES } from "../../protocol/sizes.ts";
import type { AnsweredFile, AnsweredGist } from "./github.ts";

/** A file of a gist as far as it is kept. */
export type KeptFile = { text: string } | { unusable: "too_large" | "binary" | "unsigned" };

/** What is kept of a gist: the files with a signature beside them, and the names of some others. */
export interface KeptGist {
  user: string;
  revision: string | undefined;
  /** Its page at GitHub. */
  url: string | undefined;
  isPublic: boolean;
  /** By name; a signature has its file's name and `.block`. */
  files: ReadonlyMap<string, KeptFile>;
  /** Characters of all texts. */
  size: number;
}

export interface SignedFile {
  file: string;
  token: string;
  claims: BlockClaims;
  /** Canonical code. */
  code: string;
}

const MOST_SIGNED = 50;
const MOST_NAMED = 10;

/** Drops what no block needs: a gist may have 300 files of 1 MB. */
export function keepGist(gist: AnsweredGist, revision: string | undefined): KeptGist {
  const names = Object.keys(gist.files);
  const signed = names.filter((name) => names.includes(name + SIGNATURE_SUFFIX));
  const files = new Map<string, KeptFile>();
  for (const name of signed.slice(0, MOST_SIGNED)) {
    files.set(name, keepFile(gist.files[name], MAX_CODE_BYTES));
    const signature = name + SIGNATURE_SUFFIX;
    files.set(signature, keepFile(gist.files[signature], 2 * MAX_TOKEN_BYTES));
  }
  for (const name of names.filter((other) => !files.has(other)).slice(0, MOST_SIGNED)) {
    files.set(name, { unusable: "unsigned" });
  }
  const texts = [...files.values()].map((file) => ("text" in file ? file.text.length : 0));
  return {
    user: gist.owner?.login ?? "",
    revision: revision ?? gist.history?.[0]?.version,
    url: /^https?:/.test(gist.html_url ?? "") ? gist.html_url : undefined,
    isPublic: gist.public,
    files,
    size: texts.reduce((sum, length) => sum + length, 0),
  };
}

function keepFile(file: AnsweredFile | null | undefined, most: number): KeptFile {
  if (!file || file.size > most || file.truncated) return { unusable: "too_large" };
  if (file.content === undefined || (file.encoding ?? "utf-8") !== "utf-8") {
    return { unusable: "binary" };
  }
  return { text: file.content };
}

/** The file `wanted` with its signature; undefined: the only one that has one. Throws `ApiError`. */
export function signedFile(gist: KeptGist, wanted: string | undefined): SignedFile {
  const file = wanted ?? onlySigned(gist);
  const source = gist.files.get(file);
  if (source === undefined) {
    throw new ApiError("gist_file_not_found", `Signed files: ${listed(signedNames(gist))}.`);
  }
  const signature = gist.files.get(file + SIGNATURE_SUFFIX);
  if (signature === undefined) {
    throw new ApiError("gist_unsigned", `${file}${SIGNATURE_SUFFIX} is missing beside ${file}.`);
  }
  const code = readCode(file, textOf(file, source));
  const token = textOf(file + SIGNATURE_SUFFIX, signature).trim();
  const { claims } = inspectBlock(token);
  if (claims.code !== codeDigest(code)) {
    const detail = `${file} was changed after ${file}${SIGNATURE_SUFFIX} was made: sign it again.`;
    throw new ApiError("code_mismatch", detail);
  }
  if (claims.files ?? claims.after ?? claims.setup) {
    const detail = `${file} is signed with files or other code, which a gist can't hold.`;
    throw new ApiError("part_missing", detail);
  }
  return { file, token, claims, code };
}

function signedNames({ files }: KeptGist): string[] {
  return [...files.keys()].filter((name) => files.has(name + SIGNATURE_SUFFIX));
}

function onlySigned(gist: KeptGist): string {
  const names = signedNames(gist);
  const [only] = names;
  if (only === undefined) throw new ApiError("gist_unsigned");
  if (names.length === 1) return only;
  throw new ApiError(
    "gist_file_not_found",
    `The gist has several signed files; name one: ${listed(names)}.`,
  );
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  return names.slice(0, MOST_NAMED).join(", ") + (names.length > MOST_NAMED ? ", …" : "");
}

function textOf(name: string, file: KeptFile): string {
  if ("text" in file) return file.text;
  if (file.unusable === "too_large") throw new ApiError("code_too_large", `${name} is too large.`);
  throw new ApiError("code_unacceptable", `${name} is not text in UTF-8.`);
}

function readCode(name: string, text: string): string {
  try {
    const code = canonicalCode(text);
    if (code === "") throw new ApiError("code_empty", `${name} is empty.`);
    return code;
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError("code_unacceptable", `${name}: ${said}.`, { cause });
  }
}
