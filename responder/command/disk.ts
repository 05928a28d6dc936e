import { execFile } from "node:child_process";
import { statfsSync } from "node:fs";
import { promisify } from "node:util";
import { CommandRefusal } from "../checkout/refusal.ts";

const run = promisify(execFile);
const MOST_BYTES = 20 * 2 ** 30;
const LEAST_FREE_BYTES = 2 ** 29;
const PAUSE_MS = 1_000;
/** What a folder of many small files may have of the files that the disk has room for. */
const FILES_SHARE = 0.5;
/** Looking takes no more than this part of the time. */
const SHARE = 0.05;

/**
 * Looks again and again at how much of the disk a folder takes, since file systems have no quota for one:
 * 20 GiB at most, and half of what was free, of files as of bytes. What is written in between two looks is
 * bounded by the disk's other half. Whatever else fills the disk, a checkout's fetch say, ends at its last.
 */
export function watchDisk(
  folder: string,
  onFull: (refusal: CommandRefusal) => void,
  mostBytes: number = MOST_BYTES,
): { end(): void } {
  const { bavail, bsize, ffree } = statfsSync(folder);
  const most = Math.min(mostBytes, (bavail * bsize) / 2);
  const least = Math.min(LEAST_FREE_BYTES, (bavail * bsize) / 4);
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    const begun = performance.now();
    const used = await amountOf(folder, ["--block-size=1"], over.signal);
    if (over.signal.aborted) return;
    if (used > most) {
      const mib = Math.round(most / 2 ** 20);
      const detail = `They wrote more than ${mib} MiB: remove what is no longer needed as you go.`;
      return onFull(new CommandRefusal("disk_full", detail));
    }
    const { bavail: now, bsize: unit } = statfsSync(folder);
    if (now * unit < least) {
      const detail =
        "The machine's disk is full, by this run's repository or others beside it: run it again, with less history or fewer large files.";
      return onFull(new CommandRefusal("disk_full", detail));
    }
    // How many files there are is counted only where the disk has lost so many: it takes as long again.
    const gone = ffree - statfsSync(folder).ffree;
    if (ffree > 0 && gone > ffree * FILES_SHARE) {
      const files = await amountOf(folder, ["--inodes"], over.signal);
      if (over.signal.aborted) return;
      if (files > ffree * FILES_SHARE) {
        const detail = `They made ${files} files, which is more than the disk has room for: remove what is no longer needed as you go.`;
        return onFull(new CommandRefusal("disk_full", detail));
      }
    }
    const pause = Math.max(PAUSE_MS, (performance.now() - begun) / SHARE);
    timer = setTimeout(() => void look(), pause);
  };
  timer = setTimeout(() => void look(), PAUSE_MS);
  return {
    end() {
      over.abort();
      clearTimeout(timer);
    },
  };
}

/** What `du` counts below the folder: bytes or, with `--inodes`, files. */
async function amountOf(folder: string, unit: string[], signal: AbortSignal): Promise<number> {
  const env = { PATH: "/usr/bin:/bin" };
  const du = run("du", ["-sx", ...unit, "--", folder], { env, signal }).then(
    ({ stdout }) => stdout,
    // Files that went while it looked make it fail, and it has counted the others.
    (error: { stdout?: string }) => error.stdout ?? "",
  );
  return Number.parseInt(await du, 10) || 0;
}
