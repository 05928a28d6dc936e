import type { Churn } from "./churn.ts";
import type { FunctionChurn } from "./count.ts";

const day = (seconds: number): string =>
  seconds === 0 ? "never" : new Date(seconds * 1000).toISOString().slice(0, 10);

export const count = (number: number): string => number.toLocaleString("en-US");

export const several = (number: number, what: string): string =>
  `${count(number)} ${what}${number === 1 ? "" : "s"}`;

/** The cells of a file's row. */
export function fileRow(file: Churn["files"][number]): string[] {
  const figures = [file.commits, file.added, file.removed, file.lines].map(count);
  return [...figures, day(file.last), file.path];
}

/** The cells of a function's row. */
export function functionRow({ commits, lines, last, name, path, line }: FunctionChurn): string[] {
  return [count(commits), count(lines), day(last), name, `${path}:${line}`];
}

/** The scope of the report, as a sentence. */
export function summary({ commits, since, until, isCut, commit }: Churn): string {
  const cut = isCut ? " The history was cut: what came before is not counted." : "";
  return `${several(commits, "commit")} up to ${commit.slice(0, 12)}, from ${day(since)} to ${day(until)}, merges left out.${cut}`;
}

/** How the figures come about. */
export const METHOD = [
  "Files and functions are those of the last commit. A file is followed through renames that readGit recognises.",
  "A function is where ctags finds it now; going back, its lines are followed through every change, as readGit log -L does, and a commit counts once where it changed any of them. It ends, going back, where none of its lines was there.",
  "Where a file changed on two branches at once before they were merged, lines can be attributed to a function next to theirs.",
] as const;

export const NO_CTAGS = "Functions are not counted: ctags is not on this machine.";
