import { countChanges, type FileChurn, type FunctionChurn } from "./count.ts";
import { findFunctions } from "./functions.ts";
import { readGit, type GitRun } from "./git.ts";
import { readChanges } from "./history.ts";

export interface Churn {
  /** Full name of the commit it is about. */
  readonly commit: string;
  /** How many commits were looked at: all that lead to it, but merges. */
  readonly commits: number;
  /** Seconds since 1970 of the first and the last of them. */
  readonly since: number;
  readonly until: number;
  /** Whether the history ends before its beginning, because no more of it was fetched. */
  readonly isCut: boolean;
  /** Most often changed first, and so are the functions. */
  readonly files: readonly (FileChurn & { readonly lines: number })[];
  /** Undefined where this machine has no ctags. */
  readonly functions: readonly FunctionChurn[] | undefined;
}

export async function readChurn(run: Pick<GitRun, "folder" | "signal">): Promise<Churn> {
  const ask = async (...args: string[]) => (await readGit(args, run)).trim();
  const commit = await ask("rev-parse", "--verify", "HEAD");
  const [isCut, history, { sizes, found }] = await Promise.all([
    ask("rev-parse", "--is-shallow-repository"),
    readChanges(run),
    readSizes(run).then(async (sizes) => ({
      sizes,
      found: await findFunctions([...sizes.keys()], run),
    })),
  ]);
  const counted = countChanges([...sizes.keys()], found ?? [], history);
  const times = history.map(({ at }) => at);
  return {
    commit,
    commits: history.length,
    since: times.reduce((a, b) => Math.min(a, b), times[0] ?? 0),
    until: times.reduce((a, b) => Math.max(a, b), 0),
    isCut: isCut === "true",
    files: counted.files.map((file) => ({ ...file, lines: sizes.get(file.path)! })).sort(byChanges),
    functions: found && counted.functions.filter(({ commits }) => commits > 0).sort(byChanges),
  };
}

type Counted = { commits: number; last: number; path: string };
const byChanges = (a: Counted, b: Counted) =>
  b.commits - a.commits || b.last - a.last || (a.path < b.path ? -1 : 1);

/** Lines of every plain file of the commit; 0 for binary files. */
async function readSizes(run: Pick<GitRun, "folder" | "signal">): Promise<Map<string, number>> {
  const nothing = (await readGit(["hash-object", "-t", "tree", "/dev/null"], run)).trim();
  const [list, stat] = await Promise.all([
    readGit(["ls-tree", "-r", "-z", "HEAD"], run),
    readGit(["diff-tree", "-r", "-z", "--numstat", "--no-renames", nothing, "HEAD"], run),
  ]);
  const lines = new Map<string, number>();
  for (const entry of stat.split("\0")) {
    // A name may have tabs of its own.
    const [added, removed, ...name] = entry.split("\t");
    if (removed !== undefined) lines.set(name.join("\t"), Number(added) || 0);
  }
  const sizes = new Map<string, number>();
  for (const entry of list.split("\0")) {
    const [about = "", ...name] = entry.split("\t");
    const path = name.join("\t");
    // Links and submodules are no files of their own.
    if (about.startsWith("100")) sizes.set(path, lines.get(path) ?? 0);
  }
  return sizes;
}
