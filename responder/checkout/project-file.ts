import type { Task } from "../../protocol/command.ts";
import { decodeFile } from "../project-file/decode.ts";
import { parseProjectFile } from "../project-file/parse.ts";
import type { ProjectFile } from "../project-file/project-file.ts";
import type { Depth, GitMirror } from "./mirror.ts";
import { CommandRefusal } from "../project-file/refusal.ts";

const FILE = ".deferred-server";
const MAX_BYTES = 64 * 1024;

/**
 * The project's file at a commit; undefined: there is none. Throws a `CommandRefusal` of `file_invalid` that names the
 * mistakes.
 */
export async function readProjectFile(
  mirror: GitMirror,
  commit: string,
): Promise<ProjectFile | undefined> {
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
  if (Number(size) > MAX_BYTES) {
    throw new CommandRefusal("file_invalid", `${FILE} is over 64 KiB: make it shorter.`);
  }
  return parseProjectFile(decodeFile(await mirror.bytes(["cat-file", "blob", blob])));
}

/** How much history a work tree needs for the task. */
export function depthFor(task: Task, file: ProjectFile | undefined): Depth {
  // Without the file the task is a churn report, which needs the whole history.
  if (file === undefined) return task.do === "file" ? "full" : 1;
  return file.history ?? 1;
}
