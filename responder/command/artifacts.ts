import { closeSync, constants, openSync } from "node:fs";
import { collectArtifacts, type Collected, type CollectedArtifact } from "../artifacts.ts";
import type { CommitTree } from "./job.ts";

/** Gathers the files that commands leave, commit after commit. */
export interface Collector {
  /** What the file names and what is in `artifacts/`, below a folder by the commit's name where there are several. */
  add(tree: CommitTree): void;
  /** All of it; the caller closes it. */
  collected(): Collected;
  close(): void;
}

const COMMIT_CHARACTERS = 12;

export function collector(maxBytes: number): Collector {
  const artifacts: CollectedArtifact[] = [];
  let leftOut = 0;
  let bytes = 0;
  const close = () => {
    for (const { fd } of artifacts.splice(0)) closeSync(fd);
  };
  return {
    add(tree) {
      const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
      const folder = openSync(tree.host, flags);
      try {
        const found = collectArtifacts(folder, maxBytes - bytes);
        leftOut += found.leftOut;
        const prefix = tree.several ? `${tree.commit.slice(0, COMMIT_CHARACTERS)}/` : "";
        for (const one of found.artifacts) {
          bytes += one.size;
          artifacts.push({ ...one, name: prefix + one.name });
        }
      } finally {
        closeSync(folder);
      }
    },
    collected: () => ({ artifacts, leftOut, close }),
    close,
  };
}
