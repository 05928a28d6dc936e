import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";

const CACHE = "/var/cache/deferred-runner";
/** Copies unread for so long are removed when another is made: each can be 150 MB. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

/**
 * A path to the same file that every user may read: the file itself, a hard link or a copy. A sandbox starts as a user
 * who can't enter, say, root's home, where Node may be installed. Call it before each use: an unread copy may be gone
 * after a week.
 */
export function reachable(file: string, name: string, cache = CACHE): string {
  if (isOpen(file)) return file;
  const { size, mtimeMs } = statSync(file);
  const copy = join(cache, `${name}-${size}-${Math.floor(mtimeMs)}`);
  if (isOwnCopy(copy, size)) return copy;

  prune(cache, name);
  mkdirSync(cache, { recursive: true, mode: 0o755 });
  const fresh = `${copy}.${process.pid}`;
  rmSync(fresh, { force: true });
  try {
    linkSync(file, fresh);
    if (!isOpen(fresh)) throw new Error("the file itself is closed to others");
  } catch {
    // Another file system, most likely.
    rmSync(fresh, { force: true });
    copyFileSync(file, fresh, constants.COPYFILE_FICLONE);
    chmodSync(fresh, 0o755);
  }
  renameSync(fresh, copy);
  return copy;
}

/** Whether every user may read and execute `file` and enter all folders above it. */
function isOpen(file: string): boolean {
  if ((statSync(file).mode & 0o005) !== 0o005) return false;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function prune(cache: string, name: string): void {
  for (const entry of existsSync(cache) ? readdirSync(cache) : []) {
    const path = join(cache, entry);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!entry.startsWith(`${name}-`) || stat === undefined) continue;
    if (Date.now() - stat.atimeMs > KEPT_MS) rmSync(path, { force: true });
  }
}

function isOwnCopy(path: string, size: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return (
    stat !== undefined &&
    stat.size === size &&
    stat.uid === process.getuid?.() &&
    (stat.mode & 0o022) === 0
  );
}
