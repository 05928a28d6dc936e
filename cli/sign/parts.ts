import { createHash } from "node:crypto";
import { normalize, posix, sep } from "node:path";
import { codeDigest } from "../../blocks/digest.ts";
import {
  areStored,
  findFileAsFolder,
  whatIsTooLarge,
  whatIsWrongWithPath,
  type FileBytes,
  type FileClaims,
} from "../../protocol/block-files.ts";
import type { BlockClaims } from "../../protocol/claims.ts";
import type { RequestParts } from "../../protocol/requests.ts";
import { RUNTIME_FACTS, RUNTIMES, parseRuntime } from "../../protocol/runtimes.ts";
import { MAX_CODE_BYTES, MAX_FILES, MAX_PARTS } from "../../protocol/sizes.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { readBytes } from "../terminal/read-text.ts";
import { canonicalSource, readProgram } from "./source.ts";

/** The options of `sign` that name other files. */
export interface PartOptions {
  file?: string[] | undefined;
  after?: string[] | undefined;
  setup?: string | undefined;
}

/** The claims about a block's files and the code it builds on, and the parts of a request that belong to them. */
export interface Parts {
  claims: Pick<BlockClaims, "files" | "after" | "setup">;
  sent: RequestParts;
  /** Bytes of files that the server stores, by digest. */
  stored: StoredBytes;
}

/** Bytes of files by SHA-256 in hex. */
export type StoredBytes = ReadonlyMap<string, Uint8Array>;

/** Reads the files that a block of `runtime` with `code` needs. Throws `CliError`. */
export async function readParts(
  { file = [], after = [], setup }: PartOptions,
  runtime: string,
  code: string,
): Promise<Parts> {
  const codes = await Promise.all(
    [...(setup === undefined ? [] : [setup]), ...after].map(readPart),
  );
  checkParts(codes, runtime, code);
  const before = codes.slice(codes.length - after.length);
  const first = setup === undefined ? undefined : codes[0];
  const { claims, bytes, stored } = describeFiles(await readFiles(file));
  return {
    claims: {
      ...(file.length > 0 && { files: claims }),
      ...(after.length > 0 && { after: before.map(codeDigest) }),
      ...(first !== undefined && { setup: codeDigest(first) }),
    },
    sent: {
      ...(bytes && { files: bytes }),
      ...(after.length > 0 && { before }),
      ...(first !== undefined && { setup: first }),
    },
    stored,
  };
}

async function readPart(file: string): Promise<string> {
  return canonicalSource(file, await readProgram(file)).code;
}

/** Throws `CliError` if a block needs files that the server has to store. */
export function refuseStored(stored: StoredBytes): void {
  if (stored.size === 0) return;
  throw new CliError("the files are over 256 KiB, so the server has to store them", {
    hint: "publish the block: deferred sign FILE --file … --publish",
    exitCode: EXIT.refused,
  });
}

/** Throws `CliError` if a block of `runtime` with `code` can't build on `codes`. */
export function checkParts(codes: readonly string[], runtime: string, code: string): void {
  if (codes.length === 0) return;
  const { name } = parseRuntime(runtime);
  const known = RUNTIMES.find((one) => one === name);
  if (known && RUNTIME_FACTS[known].mark === undefined) {
    throw new UsageError(`${name} blocks can't build on other code: leave out --after and --setup`);
  }
  if (codes.length > MAX_PARTS) {
    throw new UsageError(`a block may build on ${MAX_PARTS} files of code, not ${codes.length}`);
  }
  if (Buffer.byteLength(codes.join("") + code) > MAX_CODE_BYTES) {
    throw new CliError("the code with what it builds on is over 256 KiB", {
      hint: "build on less",
      exitCode: EXIT.refused,
    });
  }
}

type ReadFile = readonly [path: string, bytes: Uint8Array];

async function readFiles(options: readonly string[]): Promise<ReadFile[]> {
  const read: ReadFile[] = [];
  for (const { path, source } of options.map(parseFileOption)) {
    read.push([path, await readBytes(source)]);
  }
  return read;
}

/** Reads files for a block that names them already. Throws `CliError`. */
export async function readStored(options: readonly string[]): Promise<StoredBytes> {
  const read = await readFiles(options);
  return new Map(read.map(([, bytes]) => [digestBytes(bytes), bytes]));
}

const digestBytes = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/**
 * The claims about files. Their bytes are in `bytes`, in base64, where requests hold them, and in `stored` where the
 * server does. Throws `CliError`.
 */
export function describeFiles(files: readonly ReadFile[]): {
  claims: FileClaims;
  bytes: FileBytes | undefined;
  stored: StoredBytes;
} {
  const claims: FileClaims = {};
  for (const [path, read] of files) {
    if (claims[path]) throw new UsageError(`--file ${path} is there twice`);
    claims[path] = { sha256: digestBytes(read), size: read.length };
  }
  const folder = findFileAsFolder(Object.keys(claims));
  if (folder !== undefined) {
    throw new UsageError(`--file ${folder} is also the folder of another file: rename one of them`);
  }
  if (files.length > MAX_FILES) {
    throw new UsageError(`a block may have ${MAX_FILES} files, not ${files.length}`);
  }
  const wrong = whatIsTooLarge(claims);
  if (wrong !== undefined) {
    throw new CliError(`the files are too large: ${wrong}`, {
      hint: "sign smaller files",
      exitCode: EXIT.refused,
    });
  }
  const none: StoredBytes = new Map();
  if (files.length === 0) return { claims, bytes: undefined, stored: none };
  if (areStored(claims)) {
    const stored = new Map(files.map(([path, bytes]) => [claims[path]!.sha256, bytes]));
    return { claims, bytes: undefined, stored };
  }
  const inBase64 = files.map(([path, bytes]) => [path, Buffer.from(bytes).toString("base64")]);
  return { claims, bytes: Object.fromEntries(inBase64) as FileBytes, stored: none };
}

/** `PATH`, or `NAME=PATH` where the program finds it under another name. Throws `UsageError`. */
export function parseFileOption(option: string): { path: string; source: string } {
  const [, name, from] = /^([^=]+)=(.+)$/s.exec(option) ?? [];
  const source = from ?? option;
  const path = posix.normalize((name ?? normalize(option)).replaceAll(sep, "/"));
  const wrong = whatIsWrongWithPath(path);
  if (wrong === undefined) return { path, source };
  throw new UsageError(
    `--file ${path} ${wrong}: name it with --file NAME=${source}, such as --file data.csv=${source}`,
  );
}
