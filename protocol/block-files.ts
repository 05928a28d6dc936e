import * as v from "valibot";
import { MAX_FILES_BYTES, MAX_STORED_FILE_BYTES, MAX_STORED_FILES_BYTES } from "./sizes.ts";
import { fileSize } from "./words.ts";

/** Names in the working directory that the sandbox uses, for files or as folders. */
const RESERVED = /^(?:main\.[a-z]+|inputs\.json|value\.json|stdin|artifacts)$/;

/** Why a path can't be a block's file, as a predicate; undefined where it can. */
export function whatIsWrongWithPath(path: string): string | undefined {
  const names = path.split("/");
  if (path.length > 200 || names.length > 8) return "is too long";
  if (names.some((name) => !/^[\w.+@-][\w.+@ -]*$/u.test(name) || /^\.+$/.test(name))) {
    return "is not made of plain names with / between them";
  }
  return RESERVED.test(names[0]!) ? "is a name that programs get from the sandbox" : undefined;
}

/** The path that is a file and, for another path, a folder; undefined where there is none. */
export function findFileAsFolder(paths: readonly string[]): string | undefined {
  const folders = new Set(
    paths.flatMap((path) => {
      const names = path.split("/");
      return names.slice(1).map((_, index) => names.slice(0, index + 1).join("/"));
    }),
  );
  return paths.find((path) => folders.has(path));
}

/** A path relative to the program's working directory, such as `data.csv` or `lib/util.py`. */
export const BlockPathSchema = v.pipe(
  v.string(),
  v.check((path) => whatIsWrongWithPath(path) === undefined, "is no path of a file"),
);

/** A file's facts in the token. */
export const FileClaimSchema = v.strictObject({
  /** Of the bytes, in hex. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  size: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
export type FileClaims = Record<string, v.InferOutput<typeof FileClaimSchema>>;

/**
 * Whether the server stores the block's files when it is published. Otherwise their bytes come with each request. The
 * claims alone decide, so that author, page and server agree.
 */
export function areStored(files: FileClaims = {}): boolean {
  return totalSize(files) > MAX_FILES_BYTES;
}

/** Why no block may have these files, as a sentence; undefined where one may. */
export function whatIsTooLarge(files: FileClaims): string | undefined {
  const [path] = Object.entries(files).find(([, { size }]) => size > MAX_STORED_FILE_BYTES) ?? [];
  if (path !== undefined) return `${path} is over ${fileSize(MAX_STORED_FILE_BYTES)}.`;
  const total = totalSize(files);
  if (total <= MAX_STORED_FILES_BYTES) return undefined;
  return `They have ${fileSize(total)}; a block may have ${fileSize(MAX_STORED_FILES_BYTES)}.`;
}

function totalSize(files: FileClaims): number {
  return Object.values(files).reduce((sum, { size }) => sum + size, 0);
}

/** The bytes of files by path, in base64. */
export const FileBytesSchema = v.record(v.string(), v.string());
export type FileBytes = v.InferOutput<typeof FileBytesSchema>;
