import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { gunzipSync } from "node:zlib";

declare global {
  /** The launcher as gzip in base64, where the responder is built as one file beside a compiler. */
  var BUNDLED_LAUNCHER: { readonly arch: string; readonly packed: string } | undefined;
}

/** The launcher's program for this machine; undefined where none was built: `setup/native-launcher.mjs`. */
export function readLauncher(): Buffer | undefined {
  const bundled = globalThis.BUNDLED_LAUNCHER;
  if (bundled !== undefined) {
    return bundled.arch === process.arch
      ? gunzipSync(Buffer.from(bundled.packed, "base64"))
      : undefined;
  }
  // As for programs inside sandboxes: see `bundledProgram`.
  const folder =
    extname(import.meta.filename) === ".ts" ? "../../../dist/machine" : "../../../../machine";
  try {
    return readFileSync(new URL(`${folder}/launcher-${process.arch}`, import.meta.url));
  } catch {
    return undefined;
  }
}
