import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { CliError } from "../errors/cli-error.ts";

/** Replaces a file at once: a reader sees the old or the new text, never a part. Its mode is kept. Throws `CliError`. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const part = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode;
    writeFileSync(part, content, { flag: "wx", mode: mode === undefined ? 0o644 : mode & 0o777 });
    renameSync(part, path);
  } catch (cause) {
    rmSync(part, { force: true });
    throw new CliError(`${path} can't be written (${codeOf(cause)})`, { cause });
  }
}

/** Throws `CliError` for a file that is there and can't be read. */
export function readFileIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CliError(`${path} can't be read (${code})`, { cause });
  }
}

/** What `read` returns; an error of the file system becomes a `CliError` that names the path. */
export function orUnreadable<Read>(path: string, read: () => Read): Read {
  try {
    return read();
  } catch (cause) {
    throw new CliError(`${path} can't be read (${codeOf(cause)})`, { cause });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
