import picomatch from "picomatch";
import type { Wanted } from "../artifacts.ts";

/** As deep as anybody's build goes, and as wide as can be looked at within half a second. */
const DEPTH = 32;
const ENTRIES = 50_000;

/** What an entry of the file's `artifacts` means: a glob, a folder whole, or one file. */
export function wantedFiles(entry: string): Wanted {
  const { base, isGlob, glob } = picomatch.scan(entry.replace(/^\.\//, "").replace(/\/$/, ""));
  const nameOf = (path: string) => path;
  if (!isGlob) return { base, depth: DEPTH, entries: ENTRIES, matches: () => true, nameOf };
  const start = base === "." ? "" : base;
  const pattern = start === "" ? glob : `${start}/${glob}`;
  const isMatch = picomatch(pattern);
  const depth = glob.includes("**") ? DEPTH : glob.split("/").length;
  return {
    base: start,
    depth,
    entries: ENTRIES,
    // What git keeps is nobody's artifact.
    matches: (path) => !path.startsWith(".git/") && isMatch(path),
    nameOf,
  };
}
