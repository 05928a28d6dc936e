import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import * as readGit from "./git.ts";

/** A function of a file as it is now; lines count from 1. */
export interface FoundFunction {
  readonly name: string;
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

const KINDS = new Set([
  "function",
  "func",
  "method",
  "singletonMethod",
  "procedure",
  "subroutine",
  "sub",
  "generator",
  "getter",
  "setter",
]);
/** Files beyond this were made by programs. */
const MAX_BYTES = 512 * 1024;

const TagSchema = v.object({
  name: v.string(),
  path: v.string(),
  line: v.number(),
  end: v.optional(v.number()),
  kind: v.string(),
  language: v.optional(v.string()),
  scope: v.optional(v.string()),
});
type Tag = v.InferOutput<typeof TagSchema>;

/** The functions that ctags finds in these files; none where this machine has no ctags. */
export async function findFunctions(
  paths: readonly string[],
  run: readGit.GitRun,
): Promise<FoundFunction[] | undefined> {
  const ctags = [
    ...["ctags", "--options=NONE", "--quiet", "--links=no", "--output-format=json"],
    ...["--fields=NFneKlsZ", "-f", "-", "-L", "-"],
  ] as const;
  const chunks: Buffer[] = [];
  // A name with a line end in it would be two.
  const input = paths.filter((path) => !path.includes("\n")).join("\n");
  try {
    await readGit.stream(ctags, { ...run, input }, (chunk) => chunks.push(chunk));
  } catch (error) {
    run.signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const byFile = Map.groupBy(readTags(Buffer.concat(chunks).toString("utf8")), ({ path }) => path);
  return [...byFile].flatMap(([path, tags]) => {
    const lines = readLines(join(run.folder, path));
    return lines === undefined ? [] : tags.map((tag) => found(tag, lines));
  });
}

function readTags(text: string): Tag[] {
  const tags: Tag[] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith('{"_type": "tag"')) continue;
    const tag = v.parse(TagSchema, JSON.parse(line));
    const isFunction = KINDS.has(tag.kind) || (tag.kind === "member" && tag.language === "Python");
    // Anonymous functions are skipped: their generated names change with every edit.
    if (isFunction && !/^(__anon|anonymous|Anonymous)/.test(tag.name)) tags.push(tag);
  }
  return tags;
}

function readLines(file: string): string[] | undefined {
  try {
    const bytes = readFileSync(file);
    return bytes.length > MAX_BYTES ? undefined : bytes.toString("utf8").split("\n");
  } catch {
    return undefined;
  }
}

function found(tag: Tag, lines: readonly string[]): FoundFunction {
  const name = tag.scope === undefined ? tag.name : `${tag.scope}.${tag.name}`;
  return {
    name,
    path: tag.path,
    start: tag.line,
    end: tag.end ?? endByIndentation(lines, tag.line),
  };
}

/** Where ctags does not tell where a function ends: before the next line that is indented no deeper. */
function endByIndentation(lines: readonly string[], start: number): number {
  const depth = indentation(lines[start - 1] ?? "");
  let last = start;
  for (let number = start + 1; number <= lines.length; number++) {
    const line = lines[number - 1]!;
    const text = line.trim();
    if (text === "") continue;
    if (indentation(line) <= depth) {
      // A bracket at its depth is its own: `}` ends it, `) {` goes on.
      if (!/^[)}\]{]/.test(text)) return last;
      if (!/[{([]$/.test(text)) return number;
    }
    last = number;
  }
  return last;
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}
