import { createHash } from "node:crypto";
import { closeSync, constants, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { MAX_ARTIFACTS } from "../../protocol/sizes.ts";
import { collectArtifacts, type Collected, type CollectedArtifact } from "../artifacts.ts";
import { contentType } from "../content-type.ts";
import type { CommitTree } from "./job.ts";
import { wantedFiles } from "./wanted.ts";

/**
 * Gathers the files that commands leave, commit after commit, below a folder by the commit's name where there
 * are several.
 */
export interface Collector {
  /** Commands begin at a commit: what they leave is taken once all of them are dead, even where a limit ends them. */
  expect(tree: CommitTree): void;
  /** What the file names and what is in `artifacts/`, before another commit has its turn. */
  add(tree: CommitTree): void;
  /** A file of ours, where there is room; it counts before what the commands left. */
  keep(tree: CommitTree, name: string, content: Buffer): void;
  /** All of it; the caller closes it. */
  collected(): Collected;
  close(): void;
}

const COMMIT_CHARACTERS = 12;
const PART_BYTES = 256 * 1024;

/** `scratch`: a folder that no command sees. */
export function collector(maxBytes: number, scratch: string): Collector {
  const artifacts: CollectedArtifact[] = [];
  let leftOut = 0;
  let bytes = 0;
  const close = () => {
    for (const { fd } of artifacts.splice(0)) closeSync(fd);
  };
  const nameIn = ({ several, commit }: CommitTree, name: string) =>
    several ? `${commit.slice(0, COMMIT_CHARACTERS)}/${name}` : name;
  const takes = (size: number) => artifacts.length < MAX_ARTIFACTS && bytes + size <= maxBytes;
  const pushCopy = (name: string, parts: Iterable<Buffer>) => {
    const path = join(scratch, "kept");
    const fd = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    const hash = createHash("sha256");
    let size = 0;
    for (const part of parts) {
      writeSync(fd, part, 0, part.length, size);
      hash.update(part);
      size += part.length;
    }
    bytes += size;
    artifacts.push({ fd, name, type: contentType(name), size, sha256: hash.digest("hex") });
  };
  let expected: CommitTree | undefined;
  const add = (tree: CommitTree) => {
    expected = undefined;
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const folder = openSync(tree.host, flags);
    try {
      const room = { bytes: maxBytes - bytes, files: MAX_ARTIFACTS - artifacts.length };
      const wanted = (tree.file?.artifacts ?? []).map(wantedFiles);
      const found = collectArtifacts(folder, room, wanted);
      leftOut += found.leftOut;
      for (const one of found.artifacts) {
        const name = nameIn(tree, one.name);
        // What commands left running goes on writing while other commits have their turn.
        if (tree.several) {
          pushCopy(name, readUpTo(one.fd, one.size));
          closeSync(one.fd);
        } else {
          bytes += one.size;
          artifacts.push({ ...one, name });
        }
      }
    } finally {
      closeSync(folder);
    }
  };
  return {
    add,
    expect: (tree) => (expected = tree),
    keep(tree, name, content) {
      if (takes(content.length)) pushCopy(nameIn(tree, name), [content]);
      else leftOut++;
    },
    collected() {
      if (expected) add(expected);
      return { artifacts, leftOut, close };
    },
    close,
  };
}

function* readUpTo(fd: number, size: number): Generator<Buffer> {
  for (let at = 0; at < size;) {
    const part = Buffer.allocUnsafe(Math.min(PART_BYTES, size - at));
    const length = readSync(fd, part, 0, part.length, at);
    if (length === 0) return;
    yield part.subarray(0, length);
    at += length;
  }
}
