import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  openSync,
  read as readCallback,
  unlinkSync,
  write as writeCallback,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { MAX_ARTIFACTS } from "../../protocol/sizes.ts";
import { collectArtifacts, type Collected, type CollectedArtifact } from "../artifacts/collect.ts";
import { contentType } from "../artifacts/content-type.ts";
import { artifactsFolder, type CommitTree } from "./commit-tree.ts";
import { wantedFiles } from "./wanted.ts";

/** Collects the files that commands leave in each work tree; with several, below a folder for each. */
export interface Collector {
  /**
   * Commands start at a commit: its files are collected after all processes have died, even where a limit ends them.
   */
  expect(tree: CommitTree): void;
  /** Collects a commit's files before the next commit starts. */
  add(tree: CommitTree): Promise<void>;
  /** Adds a file of ours if it fits; it counts before the commands' own. */
  keep(tree: CommitTree, name: string, content: Buffer): void;
  /** All files; the caller closes them. */
  collected(signal?: AbortSignal): Promise<Collected>;
  close(): void;
}

const PART_BYTES = 256 * 1024;
const read = promisify(readCallback);
const write = promisify(writeCallback);

/** `scratch`: a folder that no command sees. */
export function collector(maxBytes: number, scratch: string): Collector {
  const artifacts: CollectedArtifact[] = [];
  let leftOut = 0;
  let bytes = 0;
  const close = () => {
    for (const { fd } of artifacts.splice(0)) closeSync(fd);
  };
  const nameIn = (tree: CommitTree, name: string) => {
    const folder = artifactsFolder(tree);
    return folder === undefined ? name : `${folder}/${name}`;
  };
  const takes = (size: number) => artifacts.length < MAX_ARTIFACTS && bytes + size <= maxBytes;
  const emptyFile = () => {
    const path = join(scratch, "kept");
    const fd = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    return fd;
  };
  const push = (fd: number, name: string, size: number, sha256: string) => {
    bytes += size;
    artifacts.push({ fd, name, type: contentType(name), size, sha256 });
  };
  let expected: CommitTree | undefined;
  let adding = Promise.resolve();
  const addNow = async (tree: CommitTree, signal?: AbortSignal) => {
    expected = undefined;
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const folder = openSync(tree.host, flags);
    try {
      const room = { bytes: maxBytes - bytes, files: MAX_ARTIFACTS - artifacts.length };
      const wanted = (tree.file?.artifacts ?? []).map(wantedFiles);
      const found = await collectArtifacts(folder, room, wanted, signal);
      leftOut += found.leftOut;
      for (const { fd, name: own, size, sha256 } of found.artifacts) {
        const name = nameIn(tree, own);
        if (artifactsFolder(tree) === undefined) push(fd, name, size, sha256);
        else {
          // Copied: processes that were left running go on writing while others run.
          const copy = emptyFile();
          const copied = await copyUpTo(fd, copy, size);
          push(copy, name, copied.size, copied.sha256);
          closeSync(fd);
        }
      }
    } finally {
      closeSync(folder);
    }
  };
  /** Sequential: each gets the room that the ones before left. */
  const add = (tree: CommitTree, signal?: AbortSignal) => {
    const before = adding;
    const now = before.then(() => addNow(tree, signal));
    adding = now.catch(() => {});
    return now;
  };
  return {
    add,
    expect: (tree) => (expected = tree),
    keep(tree, name, content) {
      if (!takes(content.length)) {
        leftOut++;
        return;
      }
      const fd = emptyFile();
      writeSync(fd, content, 0, content.length, 0);
      push(
        fd,
        nameIn(tree, name),
        content.length,
        createHash("sha256").update(content).digest("hex"),
      );
    },
    async collected(signal) {
      // A time limit may have ended the commands during an addition.
      await adding;
      if (expected) await add(expected, signal);
      return { artifacts, leftOut, close };
    },
    close,
  };
}

/** Copies up to the first `size` bytes. */
async function copyUpTo(
  from: number,
  to: number,
  size: number,
): Promise<{ size: number; sha256: string }> {
  const hash = createHash("sha256");
  const part = Buffer.allocUnsafe(Math.min(PART_BYTES, size));
  let at = 0;
  while (at < size) {
    const { bytesRead } = await read(from, part, 0, Math.min(part.length, size - at), at);
    if (bytesRead === 0) break;
    hash.update(part.subarray(0, bytesRead));
    await write(to, part, 0, bytesRead, at);
    at += bytesRead;
  }
  return { size: at, sha256: hash.digest("hex") };
}
