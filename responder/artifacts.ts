import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  opendirSync,
  openSync,
  readSync,
  type Stats,
} from "node:fs";
import type { ManifestEntry } from "../protocol/responder.ts";
import { MAX_ARTIFACTS } from "../protocol/sizes.ts";
import { contentType } from "./content-type.ts";

/** The server takes 512, with the folder by a commit's name that may come before it. */
const NAME_CHARACTERS = 490;
/** As it stands in an address: a storage's keys have 1024 at most. */
const ADDRESS_CHARACTERS = 900;
const DEPTH = 16;
/** Entries looked at, whatever they are: a folder of a million names must not hold up the machine. */
const MOST_ENTRIES = 10_000;
const READ_BYTES = 256 * 1024;

/** A file of `artifacts/`, open: what is uploaded is what was measured. */
export interface CollectedArtifact extends ManifestEntry {
  readonly fd: number;
}

export interface Collected {
  readonly artifacts: CollectedArtifact[];
  /** Files left out: over a limit, badly named, or no plain files. */
  readonly leftOut: number;
  /** Closes what is open. */
  close(): void;
}

/** Files to collect. Paths are relative to the working directory. */
export interface Wanted {
  /** The folder or file where looking begins. */
  readonly base: string;
  /** Levels of folders below it that are looked into, and entries that are looked at. */
  readonly depth: number;
  readonly entries: number;
  matches(path: string): boolean;
  /** What the artifact is called. */
  nameOf(path: string): string;
}

const ARTIFACTS: Wanted = {
  base: "artifacts",
  depth: DEPTH,
  entries: MOST_ENTRIES,
  // That it is a folder goes without saying: a file of that name is none of ours.
  matches: (path) => path !== "artifacts",
  nameOf: (path) => path.slice("artifacts/".length),
};

/**
 * Collects the plain files of `artifacts/`, and what else is wanted, below a working directory, given as a
 * descriptor, once the program is dead. Nothing a program left there is followed: every step opens one name
 * below an open folder, and links of either kind, devices, pipes and sockets stay where they are.
 */
export function collectArtifacts(
  folder: number,
  room: { readonly bytes: number; readonly files?: number },
  wanted: readonly Wanted[] = [],
): Collected {
  const artifacts: CollectedArtifact[] = [];
  const names = new Set<string>();
  const most = Math.min(MAX_ARTIFACTS, room.files ?? MAX_ARTIFACTS);
  const close = () => {
    for (const { fd } of artifacts.splice(0)) closeSync(fd);
  };
  let leftOut = 0;
  let entries = 0;
  let bytes = 0;

  const visitFolder = (fd: number, path: string, depth: number, one: Wanted): void => {
    try {
      const found = namesIn(fd, one.entries - entries);
      entries += found.names.length;
      if (found.more) leftOut++;
      for (const name of found.names)
        visit(fd, name, path === "" ? name : `${path}/${name}`, depth, one);
    } catch {
      leftOut++;
    }
  };

  const visit = (parent: number, last: string, path: string, depth: number, one: Wanted): void => {
    const matches = one.matches(path);
    if (!isPlainName(path)) {
      if (matches) leftOut++;
      return;
    }
    // Without O_NONBLOCK, opening a pipe waits for its other end.
    const fd = openBelow(parent, last, constants.O_NONBLOCK);
    if (fd === undefined) {
      if (matches) leftOut++;
      return;
    }
    const stat = fstatSync(fd);
    if (stat.isDirectory()) {
      if (depth < one.depth) visitFolder(fd, path, depth + 1, one);
      else if (matches) leftOut++;
      return closeSync(fd);
    }
    if (!matches || !add(fd, stat, one.nameOf(path))) closeSync(fd);
  };

  /** Whether it was taken; what is not wanted twice is not left out either. */
  const add = (fd: number, stat: Stats, name: string): boolean => {
    if (names.has(name)) return false;
    names.add(name);
    const fits =
      stat.isFile() &&
      stat.nlink === 1 &&
      artifacts.length < most &&
      bytes + stat.size <= room.bytes;
    if (!fits) {
      leftOut++;
      return false;
    }
    const sha256 = digest(fd, stat.size);
    if (sha256 === undefined) {
      leftOut++;
      return false;
    }
    bytes += stat.size;
    artifacts.push({ fd, name, type: contentType(name), size: stat.size, sha256 });
    return true;
  };

  try {
    for (const one of [ARTIFACTS, ...wanted]) {
      const opened = openPath(folder, one.base);
      entries = 0;
      // A program may do away with `artifacts` itself, and need not make what is wanted.
      if (opened === undefined) continue;
      try {
        if (fstatSync(opened).isDirectory()) visitFolder(opened, one.base, 1, one);
        else if (one.matches(one.base) && add(opened, fstatSync(opened), one.nameOf(one.base)))
          continue;
      } catch (error) {
        closeSync(opened);
        throw error;
      }
      closeSync(opened);
    }
  } catch (error) {
    close();
    throw error;
  }
  return { artifacts, leftOut, close };
}

/** Opens what is at a path below an open folder, no part of which may be a link. */
export function openPath(folder: number, path: string): number | undefined {
  let fd = openBelow(folder, ".", constants.O_DIRECTORY);
  for (const part of path.split("/").filter(Boolean)) {
    if (fd === undefined) return undefined;
    const next = openBelow(fd, part, constants.O_NONBLOCK);
    closeSync(fd);
    fd = next;
  }
  return fd;
}

/** The first `most` names in an open folder, sorted, and whether there are more. */
function namesIn(folder: number, most: number): { names: string[]; more: boolean } {
  // Piece by piece: a list of all names could be larger than what the program itself may use.
  const directory = opendirSync(`/proc/self/fd/${folder}`, { bufferSize: 256 });
  const names: string[] = [];
  try {
    for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
      if (names.length === most) return { names: names.toSorted(), more: true };
      names.push(entry.name);
    }
    return { names: names.toSorted(), more: false };
  } finally {
    directory.closeSync();
  }
}

function openBelow(parent: number, name: string, flags: number): number | undefined {
  try {
    return openSync(
      `/proc/self/fd/${parent}/${name}`,
      constants.O_RDONLY | constants.O_NOFOLLOW | flags,
    );
  } catch {
    return undefined;
  }
}

/** Whether `name` can be a URL's path and a file's name on any system it may be saved on. */
function isPlainName(name: string): boolean {
  return (
    name.length <= NAME_CHARACTERS &&
    // Undecodable bytes come as U+FFFD: the name then names another file or none.
    !/[\p{Cc}\p{Cs}\\\uFFFD\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u.test(name) &&
    name.split("/").every((part) => part !== "." && part !== "..") &&
    encodeURIComponent(name).length <= ADDRESS_CHARACTERS
  );
}

/** Undefined where the file became shorter: something that no sandbox holds is at it still. */
function digest(fd: number, size: number): string | undefined {
  const hash = createHash("sha256");
  const part = Buffer.allocUnsafe(Math.min(READ_BYTES, size));
  for (let at = 0; at < size;) {
    const length = readSync(fd, part, 0, Math.min(part.length, size - at), at);
    if (length === 0) return undefined;
    hash.update(part.subarray(0, length));
    at += length;
  }
  return hash.digest("hex");
}
