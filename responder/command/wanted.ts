import type { FileSearch } from "../artifacts/find.ts";
import { globMatcher, isGlob } from "../../protocol/glob.ts";

/** As deep as anybody's build goes. */
const DEPTH = 32;
/** Files and folders that each entry looks at, in the order of their names; more count as left out. */
const ENTRIES = 200_000;

/** What an entry of the file's `artifacts` means: a glob, a folder whole, or one file. */
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
    // What git keeps is nobody's artifact.
    matches: (path) => !path.startsWith(".git/") && isMatch(path),
    enters: (path) => path !== ".git",
  };
}
