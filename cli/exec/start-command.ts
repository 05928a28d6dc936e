import type { Revision, Task } from "../../protocol/command.ts";
import { paths } from "../../protocol/paths.ts";
import type { RunCreated } from "../../protocol/run.ts";
import type { Client } from "../client.ts";
import type { Arguments, Option } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { submitRun } from "../run/submit.ts";

export const TIMEOUT_OPTION: Option = {
  type: "string",
  value: "TIME",
  help: "Stop it after so long, such as 10m (default: the file's, or the server's)",
};

/** Seconds; undefined where nothing was said. */
export function readWallTime(args: Arguments): number | undefined {
  const text = args.text("timeout");
  if (text === undefined) return undefined;
  const seconds = parseDuration(text);
  if (seconds !== undefined && seconds >= 1) return seconds;
  throw args.wrong(`--timeout has to be a time of a second or more, such as 10m, not "${text}"`);
}

export async function startCommand(
  client: Client,
  request: {
    revision: Revision;
    task: Task;
    wall_s: number | undefined;
    retry?: "never" | undefined;
  },
): Promise<RunCreated> {
  const { url, project, token } = client;
  // What is undefined is not sent.
  return submitRun(url + paths.projectRuns(project), { body: request, token });
}
