import { constants } from "node:fs";
import { access, readdir, stat, statfs } from "node:fs/promises";
import { join, relative } from "node:path";
import type { DataFolder } from "../../settings/data-folder.ts";
import { findingsOf, type Finding } from "./finding.ts";

const LITTLE_BYTES = 2e9;
const LEAST_BYTES = 2e8;
const LEAST_FILES = 10_000;
/** Tolerance for files with a later time than now: they show that the clock was set back. */
const AHEAD_MS = 60_000;

/** Checks that only the server's user can access the data folder, and that the disk has room. */
export async function* checkFolder(folder: DataFolder): AsyncGenerator<Finding> {
  const about = findingsOf("data folder");
  const { root } = folder;
  const there = await stat(root).catch((error: NodeJS.ErrnoException) => error.code ?? "?");
  if (there === "ENOENT") {
    yield about.skipped(`${root} is not there yet: the first start makes it`);
    return;
  }
  if (typeof there === "string" || !there.isDirectory()) {
    yield about.failed(`${root} is no folder`, "set DEFERRED_DATA to one that this user may write");
    return;
  }
  const writable = await access(root, constants.W_OK).then(
    () => true,
    () => false,
  );
  yield writable
    ? about.ok(`${root} may be written`)
    : about.failed(
        `${root} may not be written by this user`,
        "run this as the server's user; if you are that, chown it, or mount it for writing",
      );
  const open = await openToOthers(folder);
  yield open.length === 0
    ? about.ok("nobody else may read keys, secrets and the database")
    : about.failed(
        `others may read ${open.slice(0, 3).join(", ")}${open.length > 3 ? ", …" : ""}`,
        `chmod go= ${open.map((name) => join(root, name)).join(" ")}`,
      );
  const { bavail, bsize, ffree, files } = await statfs(root);
  const free = bavail * bsize;
  const room = `${(free / 1e9).toFixed(1)} GB are free`;
  const more = "make room, or set DEFERRED_RETENTION_DAYS to less; results may also go to S3";
  if (free < LEAST_BYTES) yield about.failed(room, more);
  else yield free < LITTLE_BYTES ? about.warning(room, more) : about.ok(room);
  if (files > 0 && ffree < LEAST_FILES) {
    yield about.failed(`${ffree} more files fit on its disk`, "remove files, or take another disk");
  }
}

/** Checks the clock, on which leases, budgets and signatures depend. */
export async function* checkClock(folder: DataFolder, now: number): AsyncGenerator<Finding> {
  const about = findingsOf("clock");
  const written = await stat(folder.database).catch(() => undefined);
  if (written && written.mtimeMs > now + AHEAD_MS) {
    yield about.failed(
      `the database was written at ${written.mtime.toISOString()}, which is in the future`,
      "set the clock: blocks are refused, and runs tried again, by a wrong one",
    );
  } else yield about.ok(`it is ${new Date(now).toISOString()}`);
}

/** Paths below the folder that other users may read or write. */
async function openToOthers(folder: DataFolder): Promise<string[]> {
  const keys = join(folder.root, "keys");
  const inKeys = await readdir(keys, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = [
    folder.secret,
    folder.ownerToken,
    folder.receiptKey,
    folder.database,
    `${folder.database}-wal`,
    ...inKeys.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name)),
  ];
  const open: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found && (found.mode & 0o077) !== 0) open.push(relative(folder.root, path));
  }
  return open;
}
