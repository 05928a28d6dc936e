import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, opendirSync, openSync, readSync } from "node:fs";
import type { ManifestEntry } from "../protocol/responder.ts";
import { MAX_ARTIFACTS } from "../protocol/sizes.ts";
import { contentType } from "./content-type.ts";

const NAME_CHARACTERS = 512;
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

/**
 * Collects the plain files of `artifacts/` below a working directory, given as a descriptor, once the program is
 * dead. Nothing a program left there is followed: every step opens one name below an open folder, and
 * links of either kind, devices, pipes and sockets stay where they are.
 */
export function collectArtifacts(folder: number, maxBytes: number): Collected {
  const artifacts: CollectedArtifact[] = [];
  const close = () => {
    for (const { fd } of artifacts.splice(0)) closeSync(fd);
  };
  let leftOut = 0;
  let entries = 0;
  let bytes = 0;

  const visitFolder = (parent: number, path: string, depth: number): void => {
    const fd = openBelow(parent, path.split("/").at(-1) ?? "", constants.O_DIRECTORY);
    if (fd === undefined) {
      // A program may do away with `artifacts` itself.
      if (depth > 1) leftOut++;
      return;
    }
    try {
      const { names, more } = namesIn(fd, MOST_ENTRIES - entries);
      entries += names.length;
      if (more) leftOut++;
      const prefix = path === "artifacts" ? "" : `${path.slice("artifacts/".length)}/`;
      for (const name of names) visit(fd, name, prefix + name, depth);
    } catch {
      leftOut++;
    } finally {
      closeSync(fd);
    }
  };

  const visit = (parent: number, last: string, name: string, depth: number): void => {
    if (!isPlainName(name)) {
      leftOut++;
      return;
    }
    // Without O_NONBLOCK, opening a pipe waits for its other end.
    const fd = openBelow(parent, last, constants.O_NONBLOCK);
    const stat = fd === undefined ? undefined : fstatSync(fd);
    if (stat?.isDirectory() && depth < DEPTH) {
      closeSync(fd!);
      return visitFolder(parent, `artifacts/${name}`, depth + 1);
    }
    const fits =
      stat?.isFile() &&
      stat.nlink === 1 &&
      artifacts.length < MAX_ARTIFACTS &&
      bytes + stat.size <= maxBytes;
    if (fd === undefined || stat === undefined || !fits) {
      if (fd !== undefined) closeSync(fd);
      leftOut++;
      return;
    }
    bytes += stat.size;
    const sha256 = digest(fd, stat.size);
    artifacts.push({ fd, name, type: contentType(name), size: stat.size, sha256 });
  };

  try {
    visitFolder(folder, "artifacts", 1);
  } catch (error) {
    close();
    throw error;
  }
  return { artifacts, leftOut, close };
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
    name.split("/").every((part) => part !== "." && part !== "..")
  );
}

function digest(fd: number, size: number): string {
  const hash = createHash("sha256");
  const part = Buffer.allocUnsafe(Math.min(READ_BYTES, size));
  for (let at = 0; at < size;) {
    const length = readSync(fd, part, 0, Math.min(part.length, size - at), at);
    if (length === 0) throw new Error("a file became shorter after its program was dead");
    hash.update(part.subarray(0, length));
    at += length;
  }
  return hash.digest("hex");
}
