import type { FoundFunction } from "./functions.ts";
import type { HistoryCommit } from "./history.ts";
import type { FileChange } from "./patch-reader.ts";
import { isTouched, rangeBefore, type Range } from "./ranges.ts";

/** How often something that is there now was changed. */
interface Counts {
  /** Commits that changed it. */
  commits: number;
  /** Seconds since 1970 of the latest; 0 where there is none. */
  last: number;
}
export interface FileChurn extends Counts {
  readonly path: string;
  added: number;
  removed: number;
}
export interface FunctionChurn extends Counts {
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly lines: number;
}

interface Tracked {
  readonly counts: FileChurn;
  /** Functions that were there already, where their lines were at that time. */
  functions: { readonly counts: FunctionChurn; range: Range }[];
}

/**
 * Goes through the commits, latest first, and counts for each file and function that is there now. A file is
 * followed through renames, a function by where its lines were before each change, as `git log -L` does.
 */
export function countChanges(
  paths: readonly string[],
  functions: readonly FoundFunction[],
  history: readonly HistoryCommit[],
): { files: FileChurn[]; functions: FunctionChurn[] } {
  const files: FileChurn[] = [];
  const counted: FunctionChurn[] = [];
  /** By the name that a file had at that time: two files of now can have had one name, one after the other. */
  const known = new Map<string, Tracked[]>();
  for (const path of paths) {
    const counts: FileChurn = { path, commits: 0, last: 0, added: 0, removed: 0 };
    files.push(counts);
    known.set(path, [{ counts, functions: [] }]);
  }
  for (const { name, path, start, end } of functions) {
    const lines = end - start + 1;
    const counts: FunctionChurn = { name, path, line: start, lines, commits: 0, last: 0 };
    counted.push(counts);
    known.get(path)?.[0]?.functions.push({ counts, range: { start, end } });
  }
  for (const { at, changes } of history) {
    for (const change of changes) {
      for (const file of known.get(change.path) ?? []) count(file, change, at);
    }
    rename(known, changes);
  }
  return { files, functions: counted };
}

function count(file: Tracked, { added, removed, hunks }: FileChange, at: number): void {
  const { counts } = file;
  counts.commits++;
  counts.added += added;
  counts.removed += removed;
  counts.last = Math.max(counts.last, at);
  if (file.functions.length === 0 || hunks.length === 0) return;
  file.functions = file.functions.flatMap((one) => {
    if (isTouched(one.range, hunks)) {
      one.counts.commits++;
      one.counts.last = Math.max(one.counts.last, at);
    }
    const before = rangeBefore(one.range, hunks);
    return before === undefined ? [] : [{ ...one, range: before }];
  });
}

/** All of a commit's renames at once: two files may have changed places. */
function rename(known: Map<string, Tracked[]>, changes: readonly FileChange[]): void {
  const moved = changes.flatMap(({ path, from }) => {
    const files = from === undefined ? undefined : known.get(path);
    return from === undefined || files === undefined ? [] : [{ path, from, files }];
  });
  for (const { path } of moved) known.delete(path);
  for (const { from, files } of moved) known.set(from, [...(known.get(from) ?? []), ...files]);
}
