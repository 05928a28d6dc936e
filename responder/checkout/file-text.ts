import type { Task } from "../../protocol/command.ts";
import { parseProjectFile } from "../project-file/parse.ts";
import type { Depth, Mirror } from "./mirror.ts";
import { CommandRefusal } from "./refusal.ts";

const FILE = ".deferred-server";
const MOST_BYTES = 64 * 1024;

/** Text of the project's file at a commit; undefined: it has none. */
export async function readFileText(mirror: Mirror, commit: string): Promise<string | undefined> {
  const format = "--format=%(objectmode) %(objectname) %(objectsize)";
  const line = (await mirror.git(["ls-tree", format, commit, "--", FILE])).trim();
  if (line === "") return undefined;
  const [mode = "", blob = "", size] = line.split(" ");
  if (!mode.startsWith("100")) {
    throw new CommandRefusal(
      "file_invalid",
      `${FILE} is a link or a folder: make it a plain file.`,
    );
  }
  if (Number(size) > MOST_BYTES) {
    throw new CommandRefusal("file_invalid", `${FILE} is over 64 KiB: make it shorter.`);
  }
  return mirror.git(["cat-file", "blob", blob]);
}

/** How much history a work tree needs for the task. */
export function depthFor(task: Task, text: string | undefined): Depth {
  // Without the file the task is a churn report, which is about nothing but history.
  if (text === undefined) return task.do === "file" ? "full" : 1;
  try {
    return parseProjectFile(text).history ?? 1;
  } catch {
    // What is wrong with it is said to whoever runs it.
    return 1;
  }
}
