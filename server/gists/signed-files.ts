import { codeDigest } from "../../blocks/digest.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import type { BlockClaims } from "../../protocol/claims.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { SIGNATURE_SUFFIX } from "../../protocol/gists.ts";
import { MAX_CODE_BYTES, MAX_TOKEN_BYTES } from "../../protocol/sizes.ts";
import type { AnsweredFile, AnsweredGist } from "./github.ts";

/** A file of a gist as far as it is kept. */
type KeptFile = { text: string } | { unusable: "too_large" | "binary" | "unsigned" };

/** The cached part of a gist: its signed files with their signatures, and the names of its other files. */
export interface KeptGist {
  user: string;
  revision: string | undefined;
  /** Its page at GitHub. */
  url: string | undefined;
  isPublic: boolean;
  /** GitHub left out files: it sends 300 at most. */
  isTruncated: boolean;
  /** By name; a signature has its file's name and `.block`. */
  files: ReadonlyMap<string, KeptFile>;
  /** Characters of all names and texts. */
  size: number;
}

export interface SignedFile {
  file: string;
  token: string;
  claims: BlockClaims;
  /** Canonical code. */
  code: string;
}

/** Most names of files in an error message. */
const MOST_NAMED = 10;

/** Keeps the texts of signed files and signatures alone: a gist may have 300 files of 1 MB. */
export function keepGist(gist: AnsweredGist, revision: string | undefined): KeptGist {
  const files = new Map<string, KeptFile>();
  let size = 0;
  for (const [name, file] of Object.entries(gist.files)) {
    const kept = keepFile(file, maxBytes(gist, name));
    files.set(name, kept);
    size += name.length + ("text" in kept ? kept.text.length : 0);
  }
  return {
    user: gist.owner?.login ?? "",
    revision: revision ?? gist.history?.[0]?.version,
    url: /^https?:/.test(gist.html_url ?? "") ? gist.html_url : undefined,
    isPublic: gist.public,
    isTruncated: gist.truncated ?? false,
    files,
    size,
  };
}

/** Most bytes of a file that a block may use; undefined: none, since the file is neither signed nor a signature. */
function maxBytes({ files }: AnsweredGist, name: string): number | undefined {
  if (Object.hasOwn(files, name + SIGNATURE_SUFFIX)) return MAX_CODE_BYTES;
  const isSignature =
    name.endsWith(SIGNATURE_SUFFIX) &&
    Object.hasOwn(files, name.slice(0, -SIGNATURE_SUFFIX.length));
  return isSignature ? 2 * MAX_TOKEN_BYTES : undefined;
}

function keepFile(file: AnsweredFile | null, most: number | undefined): KeptFile {
  if (most === undefined) return { unusable: "unsigned" };
  if (!file || file.size > most || file.truncated) return { unusable: "too_large" };
  if (file.content === undefined || (file.encoding ?? "utf-8") !== "utf-8") {
    return { unusable: "binary" };
  }
  return { text: file.content };
}

/** Finds the signed file `wanted`; undefined: the gist's only signed file. Throws `ApiError`. */
export function signedFile(gist: KeptGist, wanted: string | undefined): SignedFile {
  const file = wanted ?? onlySigned(gist);
  const source = gist.files.get(file);
  if (source === undefined) {
    const detail = `Signed files: ${listed(signedNames(gist))}.${truncationNote(gist)}`;
    throw new ApiError("gist_file_not_found", detail);
  }
  const signature = gist.files.get(file + SIGNATURE_SUFFIX);
  if (signature === undefined) {
    const detail = `${file}${SIGNATURE_SUFFIX} is missing beside ${file}.${truncationNote(gist)}`;
    throw new ApiError("gist_unsigned", detail);
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

const truncationNote = ({ isTruncated }: KeptGist) =>
  isTruncated ? " GitHub sends only the first 300 files of a gist." : "";

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
    // As `sign` reads files: a byte order mark is not part of the code.
    const code = canonicalCode(text.replace(/^\uFEFF/, ""));
    if (code === "") throw new ApiError("code_empty", `${name} is empty.`);
    return code;
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new ApiError("code_unacceptable", `${name}: ${said}.`, { cause });
  }
}
