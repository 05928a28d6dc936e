import { execFile } from "node:child_process";
import { statfsSync } from "node:fs";
import { promisify } from "node:util";
import { CommandRefusal } from "../project-file/refusal.ts";

const run = promisify(execFile);
const MAX_BYTES = 20 * 2 ** 30;
/** The share of the disk's free bytes and inodes that a folder may use. */
const SHARE = 0.5;
/** Below this the disk is all but full. */
const LEAST_FREE_BYTES = 2 ** 29;
const LEAST_FREE = 0.25;
/** Interval of checks of the disk's free space, which are cheap. */
const LOOK_MS = 100;
/** Interval of counting a folder, and the share of time that counting may take. */
const COUNT_MS = 1_000;
const COUNT_SHARE = 0.05;
/** Lost space, as a share of the folder's limit, that triggers a count immediately. */
const STEP = 1 / 8;
/** When the disk is nearly full, how long a folder that is not the cause waits for another to be removed. */
const PATIENCE_MS = 5_000;

interface Room {
  readonly bytes: number;
  /** 0 on a file system that has no bound of files. */
  readonly files: number;
}

/**
 * Ends a run that fills the disk, since file systems have no per-folder quota that every user may set: at most 20 GiB
 * and half of the free space. Free space is checked ten times a second and the folder counted as soon as it has shrunk,
 * so that a fast writer is found before the disk is full and its neighbours continue. Unlinked open files belong to no
 * folder: at half of the reserve all runs end.
 */
export function watchDisk(
  folder: string,
  onFull: (refusal: CommandRefusal) => void,
  maxBytes: number = MAX_BYTES,
): { end(): void } {
  const begin = freeSpace(folder);
  const most = Math.min(maxBytes, begin.bytes * SHARE);
  const maxFiles = begin.files * SHARE;
  const least = Math.min(LEAST_FREE_BYTES, begin.bytes * LEAST_FREE);
  const over = new AbortController();
  let counted = begin;
  let nextCount = performance.now() + COUNT_MS;
  let isCounting = false;
  let lowSince: number | undefined;

  const end = () => {
    over.abort();
    clearInterval(timer);
  };
  const full = (detail: string) => {
    if (over.signal.aborted) return;
    end();
    onFull(new CommandRefusal("disk_full", detail));
  };

  const count = async () => {
    const begun = performance.now();
    counted = freeSpace(folder);
    const used = await measureFolder(folder, ["--block-size=1"], over.signal);
    const lost = begin.bytes - counted.bytes;
    if (used > most || (lowSince !== undefined && used > lost / 2)) {
      const mib = Math.floor(Math.min(used, most) / 2 ** 20);
      full(`They wrote more than ${mib} MiB: remove what is no longer needed as you go.`);
    }
    // How many files there are is counted only where the disk has lost so many: it takes as long again.
    if (begin.files - counted.files > maxFiles) {
      const files = await measureFolder(folder, ["--inodes"], over.signal);
      if (files > maxFiles) {
        full(
          `They made ${files} files, which is more than the disk has room for: remove what is no longer needed as you go.`,
        );
      }
    }
    const took = performance.now() - begun;
    nextCount = begun + took + Math.max(COUNT_MS, took / COUNT_SHARE);
  };

  const look = () => {
    const now = performance.now();
    const room = freeSpace(folder);
    const isLow = room.bytes < least;
    lowSince = isLow ? (lowSince ?? now) : undefined;
    if (room.bytes < least / 2 || now - (lowSince ?? now) > PATIENCE_MS) {
      return full(
        "The machine's disk is full, by this run's repository or others beside it: run it again, with less history or fewer large files.",
      );
    }
    const shrank =
      counted.bytes - room.bytes > most * STEP ||
      (begin.files > 0 && counted.files - room.files > maxFiles * STEP);
    if (isCounting || !(isLow || shrank || now >= nextCount)) return;
    isCounting = true;
    void count().finally(() => (isCounting = false));
  };
  const timer = setInterval(look, LOOK_MS);
  return { end };
}

function freeSpace(folder: string): Room {
  const { bavail, bsize, ffree } = statfsSync(folder);
  return { bytes: bavail * bsize, files: ffree };
}

/** The result of `du` for the folder: bytes or, with `--inodes`, files. */
async function measureFolder(folder: string, unit: string[], signal: AbortSignal): Promise<number> {
  const env = { PATH: "/usr/bin:/bin" };
  const du = run("du", ["-sx", ...unit, "--", folder], { env, signal }).then(
    ({ stdout }) => stdout,
    // Files that went while it looked make it fail, and it has counted the others.
    (error: { stdout?: string }) => error.stdout ?? "",
  );
  return Number.parseInt(await du, 10) || 0;
}
