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
