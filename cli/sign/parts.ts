import { createHash } from "node:crypto";
import { normalize, posix, sep } from "node:path";
import { codeDigest } from "../../blocks/digest.ts";
import {
  findFileAsFolder,
  whatIsWrongWithPath,
  type FileBytes,
  type FileClaims,
} from "../../protocol/block-files.ts";
import type { BlockClaims } from "../../protocol/claims.ts";
import type { RequestParts } from "../../protocol/requests.ts";
import { RUNTIME_FACTS, RUNTIMES, parseRuntime } from "../../protocol/runtimes.ts";
import { MAX_CODE_BYTES, MAX_FILES, MAX_FILES_BYTES, MAX_PARTS } from "../../protocol/sizes.ts";
import { fileSize } from "../../protocol/words.ts";
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

/** The claims about a block's files and the code it builds on, and what a request sends for them. */
export interface Parts {
  claims: Pick<BlockClaims, "files" | "after" | "setup">;
  sent: RequestParts;
}

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
  const { claims, bytes } = await readFiles(file);
  return {
    claims: {
      ...(file.length > 0 && { files: claims }),
      ...(after.length > 0 && { after: before.map(codeDigest) }),
      ...(first !== undefined && { setup: codeDigest(first) }),
    },
    sent: {
      ...(file.length > 0 && { files: bytes }),
      ...(after.length > 0 && { before }),
      ...(first !== undefined && { setup: first }),
    },
  };
}

async function readPart(file: string): Promise<string> {
  return canonicalSource(file, await readProgram(file)).code;
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

async function readFiles(
  options: readonly string[],
): Promise<{ claims: FileClaims; bytes: FileBytes }> {
  const read: [path: string, bytes: Uint8Array][] = [];
  for (const { path, source } of options.map(parseFileOption)) {
    read.push([path, await readBytes(source)]);
  }
  return describeFiles(read);
}

/** The claims about files, and their bytes in base64. Throws `CliError`. */
export function describeFiles(files: readonly (readonly [path: string, bytes: Uint8Array])[]): {
  claims: FileClaims;
  bytes: FileBytes;
} {
  const claims: FileClaims = {};
  const bytes: FileBytes = {};
  let total = 0;
  for (const [path, read] of files) {
    if (claims[path]) throw new UsageError(`--file ${path} is there twice`);
    total += read.length;
    claims[path] = {
      sha256: createHash("sha256").update(read).digest("hex"),
      size: read.length,
    };
    bytes[path] = Buffer.from(read).toString("base64");
  }
  const folder = findFileAsFolder(Object.keys(claims));
  if (folder !== undefined) {
    throw new UsageError(`--file ${folder} is also the folder of another file: rename one of them`);
  }
  if (files.length > MAX_FILES) {
    throw new UsageError(`a block may have ${MAX_FILES} files, not ${files.length}`);
  }
  if (total > MAX_FILES_BYTES) {
    throw new CliError(`the files have ${fileSize(total)}; a block may have 256 KiB of them`, {
      hint: "sign smaller files",
      exitCode: EXIT.refused,
    });
  }
  return { claims, bytes };
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
