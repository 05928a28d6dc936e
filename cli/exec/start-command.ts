import { paths } from "../../protocol/paths.ts";
import type { CommandRequest } from "../../protocol/projects.ts";
import type { RunCreated } from "../../protocol/run.ts";
import type { Client } from "../api/client.ts";
import { present } from "../run/present.ts";
import { isTerminal } from "../terminal/print.ts";
import { cancelRun, submitRun } from "../run/submit.ts";

export async function startCommand(
  { serverUrl, project, token }: Client,
  request: CommandRequest,
): Promise<RunCreated> {
  return submitRun(serverUrl + paths.projectRuns(project), { body: request, token });
}

/** Shows a project's run until it ends. Resolves with the exit code. */
export function runCommand(
  { serverUrl, token }: Client,
  run: RunCreated,
  quiet: boolean,
): Promise<number> {
  // Without a terminal, the steps of a run at one commit would only repeat the caller's request.
  const steps = isTerminal("stderr") ? "all" : "of several commits";
  const cancel = () => cancelRun(serverUrl, run.id, token);
  return present({ ...run, token }, { quiet, steps, cancel });
}
