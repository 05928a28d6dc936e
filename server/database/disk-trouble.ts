import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What the system says of a disk that is full, read-only, broken or gone. */
const CODES = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO"]);
/** SQLite's READONLY, IOERR, FULL and CANTOPEN: https://sqlite.org/rescode.html */
const SQLITE_CODES = new Set([8, 10, 13, 14]);

/** Whether it is the disk that kept something from being done, so that it may be done later. */
export function isDiskTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as NodeJS.ErrnoException & { errcode?: number };
  if (code === undefined) return isDiskTrouble(error.cause);
  // The upper bits of SQLite's say more exactly which.
  if (code === "ERR_SQLITE_ERROR") return SQLITE_CODES.has((errcode ?? 0) & 0xff);
  return CODES.has(code);
}

/** Why nothing can be written into these folders, the data folder first, right now, as a sentence. */
export async function whyNotWritable(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const file = join(folder, ".written");
    try {
      // More than what a file system may have room for beside its other records.
      await writeFile(file, Buffer.alloc(4096), { mode: 0o600 });
      await rm(file, { force: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // All but the first are made with the first file that is kept in them.
      if (code === "ENOENT" && folder !== folders[0]) continue;
      if (isDiskTrouble(error)) {
        return `Nothing can be written to its disk (${code}): make room there, or mend it.`;
      }
      return `Nothing can be written to its data folder (${code}): it has to be there, and the server's own.`;
    }
  }
  return undefined;
}
