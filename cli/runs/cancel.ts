import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import type { RunState } from "../../protocol/run.ts";
import { RefusedError } from "../api/call.ts";
import { connect } from "../api/client.ts";
import { examples } from "../command/help.ts";
import { cancelRun } from "../run/submit.ts";
import { note, print, printError, printJson } from "../terminal/print.ts";
import { readRunId } from "./run-id.ts";

export function cancel(command: Command): CommandUnknownOpts {
  return command
    .description(
      "RUN is an id or the address of a run's page. A run that has ended stays as it is.",
    )
    .argument("<RUN...>")
    .option("--json", "Print JSON: the state that each is in then")
    .addHelpText("after", examples("deferred cancel 4Yb1fMkq0sC8wz0R7hJd2Q"))
    .action(async (runs, { json }) => {
      const { serverUrl, token } = await connect();
      const states: { id: string; state: RunState | undefined }[] = [];
      for (const id of runs.map((run) => readRunId(run, serverUrl))) {
        try {
          const state = await cancelRun(serverUrl, id, token);
          states.push({ id, state });
          if (json) continue;
          if (state === "canceled") print(`canceled ${id}`);
          else note(`${id} had ended before: ${state?.replace("_", " ")}`);
        } catch (error) {
          // The others are canceled all the same.
          if (!(error instanceof RefusedError)) throw error;
          printError(`${id}: ${error.message}`);
          process.exitCode = error.exitCode;
        }
      }
      if (json) printJson({ runs: states });
    });
}
