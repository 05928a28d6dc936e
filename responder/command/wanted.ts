import type { FileSearch } from "../artifacts/find.ts";
import { globMatcher, isGlob } from "../../protocol/glob.ts";

/** Levels of folders; builds go no deeper. */
const DEPTH = 32;
/** Files and folders that each entry looks at, in the order of their names; more count as left out. */
const ENTRIES = 200_000;

/** The search of an `artifacts` entry: a glob, a whole folder, or one file. */
export function wantedFiles(entry: string): FileSearch {
  const pattern = entry.replace(/^\.\//, "").replace(/\/$/, "");
  const nameOf = (path: string) => path;
  const common = { entries: ENTRIES, nameOf };
  if (!isGlob(pattern)) {
    return { ...common, base: pattern, depth: DEPTH, matches: () => true, enters: () => true };
  }
  const parts = pattern.split("/");
  const base = parts.slice(0, parts.findIndex(isGlob)).join("/");
  const isMatch = globMatcher(pattern);
  const isFlat = !/\*\*|\{[^}]*\//.test(pattern);
  return {
    ...common,
    base,
    depth: isFlat ? parts.length : DEPTH,
    // Git's own files are never artifacts.
    matches: (path) => !path.startsWith(".git/") && isMatch(path),
    enters: (path) => path !== ".git",
  };
}
