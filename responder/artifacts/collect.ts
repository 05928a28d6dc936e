import { createHash } from "node:crypto";
import { closeSync, fstat as fstatCallback, read as readCallback } from "node:fs";
import { promisify } from "node:util";
import type { ManifestEntry } from "../../protocol/responder.ts";
import { MAX_ARTIFACTS } from "../../protocol/sizes.ts";
import { contentType } from "./content-type.ts";
import { findWanted, type FileSearch } from "./find.ts";
import { close, openPath } from "./open.ts";
import { isPlainName } from "./plain-name.ts";
import { slices } from "./slices.ts";
import type { ValueFile } from "./value.ts";

const DEPTH = 16;
/** Directory entries visited, so that a folder of a million names does not take the attempt's time. */
const MAX_ENTRIES = 10_000;
const READ_BYTES = 256 * 1024;
const fstat = promisify(fstatCallback);
const read = promisify(readCallback);

/** An open file of `artifacts/`: the bytes that were measured are the bytes that are uploaded. */
export interface CollectedArtifact extends ManifestEntry {
  readonly fd: number;
}

export interface Collected {
  readonly artifacts: CollectedArtifact[];
  /** Files left out: over a limit, badly named, or no plain files. */
  readonly leftOut: number;
  /** Of blocks. */
  readonly value?: ValueFile;
  /** Closes the files. */
  close(): void;
}

export interface CollectLimits {
  readonly bytes: number;
  readonly files?: number;
}

const ARTIFACTS: FileSearch = {
  base: "artifacts",
  depth: DEPTH,
  entries: MAX_ENTRIES,
  // The folder itself; a plain file of that name is ignored.
  matches: (path) => path !== "artifacts",
  enters: () => true,
  nameOf: (path) => path.slice("artifacts/".length),
};

/**
 * Collects the plain files of `artifacts/` and of other searches below a working directory, given as a descriptor,
 * after the program has died. Links are never followed: each step opens one name below an open folder, and links,
 * devices, pipes and sockets are skipped. Yields to the event loop every few milliseconds.
 */
export async function collectArtifacts(
  folder: number,
  room: CollectLimits,
  wanted: readonly FileSearch[] = [],
  signal?: AbortSignal,
): Promise<Collected> {
  const turns = slices(signal);
  const findings = await findWanted(folder, [ARTIFACTS, ...wanted], turns);
  const artifacts: CollectedArtifact[] = [];
  const names = new Set<string>();
  const most = Math.min(MAX_ARTIFACTS, room.files ?? MAX_ARTIFACTS);
  let { leftOut } = findings;
  let bytes = 0;
  const closeAll = () => {
    for (const { fd } of artifacts.splice(0)) closeSync(fd);
  };

  /** Whether it was taken. */
  const add = async (path: string, name: string): Promise<boolean> => {
    if (artifacts.length >= most || !isPlainName(path)) return false;
    const fd = await openPath(folder, path);
    if (fd === undefined) return false;
    const measured = await measure(fd, room.bytes - bytes);
    if (measured === undefined) {
      await close(fd);
      return false;
    }
    bytes += measured.size;
    artifacts.push({ fd, name, type: contentType(name), ...measured });
    return true;
  };

  try {
    for (const { wanted, paths } of findings.found) {
      for (const path of paths) {
        await turns.pause();
        const name = wanted.nameOf(path);
        // A second search that finds the same file leaves nothing out.
        if (names.has(name)) continue;
        names.add(name);
        if (!(await add(path, name))) leftOut++;
      }
    }
  } catch (error) {
    closeAll();
    throw error;
  }
  return { artifacts, leftOut, close: closeAll };
}

/** Size and digest of a plain file of one name and at most `most` bytes; undefined where it is something else. */
async function measure(
  fd: number,
  most: number,
): Promise<Pick<ManifestEntry, "size" | "sha256"> | undefined> {
  try {
    const stat = await fstat(fd);
    const { size } = stat;
    if (!stat.isFile() || stat.nlink !== 1 || size > most) return undefined;
    return await readThrough(fd, size);
  } catch {
    // A disk that does not give it back.
    return undefined;
  }
}

/**
 * Reads at most `size` bytes. A file that becomes shorter meanwhile, which a process that still runs may do, counts
 * with what is read of it.
 */
async function readThrough(
  fd: number,
  size: number,
): Promise<Pick<ManifestEntry, "size" | "sha256">> {
  const hash = createHash("sha256");
  const part = Buffer.allocUnsafe(Math.min(READ_BYTES, size));
  let at = 0;
  while (at < size) {
    const { bytesRead } = await read(fd, part, 0, Math.min(part.length, size - at), at);
    if (bytesRead === 0) break;
    hash.update(part.subarray(0, bytesRead));
    at += bytesRead;
  }
  return { size: at, sha256: hash.digest("hex") };
}
