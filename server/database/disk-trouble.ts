import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Error codes of a disk that is full, read-only, broken or removed. */
const CODES = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO"]);
/** SQLite's READONLY, IOERR, FULL and CANTOPEN: https://sqlite.org/rescode.html */
const SQLITE_CODES = new Set([8, 10, 13, 14]);

/** Whether the disk caused the error, so that a later retry may succeed. */
export function isDiskTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as NodeJS.ErrnoException & { errcode?: number };
  if (code === undefined) return isDiskTrouble(error.cause);
  // The low byte is SQLite's primary result code; the upper bits refine it.
  if (code === "ERR_SQLITE_ERROR") return SQLITE_CODES.has((errcode ?? 0) & 0xff);
  return CODES.has(code);
}

/** Explains in one sentence why a folder is not writable now. `folders` begins with the data folder. */
export async function whyNotWritable(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const file = join(folder, ".written");
    try {
      // A whole block: some file systems store smaller files inside their metadata, even on a full disk.
      await writeFile(file, Buffer.alloc(4096), { mode: 0o600 });
      await rm(file, { force: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The other folders are created together with their first file.
      if (code === "ENOENT" && folder !== folders[0]) continue;
      if (isDiskTrouble(error)) {
        return `Nothing can be written to its disk (${code}): make room there, or mend it.`;
      }
      return `Nothing can be written to its data folder (${code}): it has to be there, and the server's own.`;
    }
  }
  return undefined;
}
