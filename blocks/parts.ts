import { createHash } from "node:crypto";
import { areStored, type FileBytes } from "../protocol/block-files.ts";
import { canonicalCode } from "../protocol/canonical-code.ts";
import type { BlockClaims } from "../protocol/claims.ts";
import { ApiError } from "../protocol/deferred-error.ts";
import type { RunRequest } from "../protocol/requests.ts";
import { MAX_CODE_BYTES, MAX_FILES_BYTES } from "../protocol/sizes.ts";
import { codeDigest } from "./digest.ts";

/**
 * The canonical codes that come before a block's own: its set-up, then those it builds on. Throws `ApiError` unless
 * exactly those that the claims name were sent. `own` is the block's canonical code.
 */
export function verifyParts(
  claims: Pick<BlockClaims, "after" | "setup">,
  { before = [], setup }: Pick<RunRequest, "before" | "setup">,
  own: string,
): string[] {
  const { after = [] } = claims;
  const sent = [...(setup === undefined ? [] : [setup]), ...before];
  const named = [...(claims.setup === undefined ? [] : [claims.setup]), ...after];
  if ((setup === undefined) !== (claims.setup === undefined) || before.length !== after.length) {
    throw new ApiError("part_missing", `It names ${named.length} and ${sent.length} came with it.`);
  }
  const bytes = Buffer.byteLength(sent.join("")) + Buffer.byteLength(own);
  if (bytes > MAX_CODE_BYTES) throw new ApiError("code_too_large");
  return sent.map((source, index) => {
    const code = canonical(source);
    if (code === undefined || codeDigest(code) !== named[index]) {
      throw new ApiError("part_mismatch", `Number ${index + 1} of ${named.length} differs.`);
    }
    return code;
  });
}

/**
 * The files of a block that come with a request, in base64; undefined where there are none, as where the server stores
 * them. Throws `ApiError` unless exactly those that the claims name were sent.
 */
export function verifyFiles(
  claims: Pick<BlockClaims, "files">,
  { files: sent = {} }: Pick<RunRequest, "files">,
): FileBytes | undefined {
  if (areStored(claims.files)) {
    if (Object.keys(sent).length === 0) return undefined;
    throw new ApiError("files_too_large", "They come from its published block: send none.");
  }
  const named = Object.entries(claims.files ?? {});
  const unknown = Object.keys(sent).find((path) => !Object.hasOwn(claims.files ?? {}, path));
  if (unknown !== undefined) throw new ApiError("file_mismatch", `It has no file ${unknown}.`);
  let total = 0;
  const files = named.map(([path, { sha256, size }]) => {
    const base64 = Object.hasOwn(sent, path) ? sent[path] : undefined;
    if (base64 === undefined) throw new ApiError("file_missing", `It needs ${path}.`);
    const bytes = Buffer.from(base64, "base64");
    total += bytes.length;
    if (total > MAX_FILES_BYTES) throw new ApiError("files_too_large");
    const fits =
      bytes.length === size && createHash("sha256").update(bytes).digest("hex") === sha256;
    if (!fits) throw new ApiError("file_mismatch", `${path} differs.`);
    return [path, bytes.toString("base64")] as const;
  });
  return files.length === 0 ? undefined : Object.fromEntries(files);
}

function canonical(source: string): string | undefined {
  try {
    return canonicalCode(source);
  } catch {
    return undefined; // Code that no block may hold has no digest.
  }
}
