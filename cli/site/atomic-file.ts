import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

/** Replaces a file at once: a reader sees the old or the new text, never a part. Its mode is kept. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  const part = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(part, content, { flag: "wx", mode: mode === undefined ? 0o644 : mode & 0o777 });
    renameSync(part, path);
  } finally {
    rmSync(part, { force: true });
  }
}

export function readFileIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
