import { createHash } from "node:crypto";
import { closeSync, constants, openSync, unlinkSync, writeFileSync } from "node:fs";
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
  /** Commands begin at a commit: what they leave is taken even where a limit ends them. */
  expect(tree: CommitTree): void;
  /** What the file names and what is in `artifacts/`. */
  add(tree: CommitTree): void;
  /** A file of ours; it counts before what the commands left. */
  keep(tree: CommitTree, name: string, content: Buffer): void;
  /** All of it; the caller closes it. */
  collected(): Collected;
  close(): void;
}

const COMMIT_CHARACTERS = 12;

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
        bytes += one.size;
        artifacts.push({ ...one, name: nameIn(tree, one.name) });
      }
    } finally {
      closeSync(folder);
    }
  };
  return {
    add,
    expect: (tree) => (expected = tree),
    keep(tree, name, content) {
      const path = join(scratch, "kept");
      writeFileSync(path, content, { mode: 0o600, flag: "wx" });
      const fd = openSync(path, "r");
      unlinkSync(path);
      bytes += content.length;
      artifacts.push({
        fd,
        name: nameIn(tree, name),
        type: contentType(name),
        size: content.length,
        sha256: createHash("sha256").update(content).digest("hex"),
      });
    },
    collected() {
      if (expected) add(expected);
      return { artifacts, leftOut, close };
    },
    close,
  };
}
