import * as v from "valibot";
import {
  areStored,
  BlockPathSchema,
  FileClaimSchema,
  findFileAsFolder,
  whatIsTooLarge,
  whatIsWrongWithPath,
  type FileClaims,
} from "../../../../protocol/block-files.ts";
import { readFiles } from "../../../../protocol/part-attributes.ts";
import type { RequestParts } from "../../../../protocol/requests.ts";
import { parseRuntime, RUNTIME_FACTS, RUNTIMES } from "../../../../protocol/runtimes.ts";
import {
  MAX_CODE_BYTES,
  MAX_FILES,
  MAX_FILES_BYTES,
  MAX_PARTS,
} from "../../../../protocol/sizes.ts";
import { fileSize } from "../../../../protocol/words.ts";

/** The form's fields of a block's other parts. */
export interface SignParts {
  /** Canonical codes, and files in base64url. */
  parts: RequestParts;
  /** Files that the server stores: their bytes are not in the form. */
  stored: FileClaims | undefined;
}

/** Sentences by the name of their field. */
export type SignMistakes = Record<string, string>;

const StoredSchema = v.record(BlockPathSchema, FileClaimSchema);

/** Reads files, set-up and code before. `readCode` notes a mistake under the field that it is given. */
export function readSignParts(
  form: URLSearchParams,
  { runtime, code, mistakes, readCode }: ReadParts,
): SignParts {
  const before = form
    .getAll("before")
    .filter((text) => text.trim() !== "")
    .map((text) => readCode(text, "before"));
  const setup = form.get("setup") ?? "";
  const first = setup.trim() === "" ? undefined : readCode(setup, "setup");
  checkCodes(first === undefined ? before : [first, ...before], { runtime, code, mistakes });
  const files = readFiles(form.get("files") ?? "");
  const stored = readStored(form.get("stored") ?? "", mistakes);
  checkFiles(stored ?? sizesOf(files), mistakes);
  return {
    parts: {
      ...(before.length > 0 && { before }),
      ...(first !== undefined && { setup: first }),
      ...(Object.keys(files).length > 0 && { files }),
    },
    stored,
  };
}

interface ReadParts {
  runtime: string;
  /** The block's own canonical code. */
  code: string;
  mistakes: SignMistakes;
  readCode: (source: string, field: string) => string;
}

function checkCodes(
  codes: readonly string[],
  { runtime, code, mistakes }: Omit<ReadParts, "readCode">,
): void {
  if (codes.length === 0) return;
  const { name } = parseRuntime(runtime);
  const known = RUNTIMES.find((one) => one === name);
  if (known && RUNTIME_FACTS[known].mark === undefined) {
    mistakes["before"] = `Blocks of ${known} can’t build on other code.`;
  }
  if (codes.length > MAX_PARTS)
    mistakes["before"] = `A block builds on ${MAX_PARTS} codes at most.`;
  const bytes = new TextEncoder().encode(codes.join("") + code).length;
  if (bytes > MAX_CODE_BYTES) {
    mistakes["before"] ??=
      `With the program they have ${fileSize(bytes)}; ${fileSize(MAX_CODE_BYTES)} is the most.`;
  }
}

function readStored(text: string, mistakes: SignMistakes): FileClaims | undefined {
  if (text === "") return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), StoredSchema), text);
  if (parsed.success && areStored(parsed.output)) return parsed.output;
  mistakes["files"] = "Choose the files again.";
  return undefined;
}

/** The files with their sizes; what they hold does not matter for the bounds. */
function sizesOf(files: Readonly<Record<string, string>>): FileClaims {
  const sized = Object.entries(files).map(([path, base64]) => {
    const size = Math.floor((base64.replace(/=+$/, "").length * 3) / 4);
    return [path, { sha256: "", size }] as const;
  });
  return Object.fromEntries(sized);
}

function checkFiles(files: FileClaims, mistakes: SignMistakes): void {
  const paths = Object.keys(files);
  const bad = paths.find((path) => whatIsWrongWithPath(path) !== undefined);
  const folder = findFileAsFolder(paths);
  const large = whatIsTooLarge(files);
  if (bad !== undefined) mistakes["files"] = `${bad} ${whatIsWrongWithPath(bad)}: rename it.`;
  else if (folder !== undefined)
    mistakes["files"] = `${folder} is a folder of another file as well.`;
  else if (paths.length > MAX_FILES) mistakes["files"] = `A block has ${MAX_FILES} files at most.`;
  else if (large !== undefined) mistakes["files"] = large;
}

/** Why these files take a public page; undefined where they come with each request. */
export function storedNeedPage(stored: FileClaims | undefined): string | undefined {
  if (stored === undefined) return undefined;
  return `Files over ${fileSize(MAX_FILES_BYTES)} in all are stored with the block’s public page: tick it, or choose smaller ones.`;
}
