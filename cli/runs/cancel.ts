import type { RunState } from "../../protocol/run.ts";
import { RefusedError } from "../api.ts";
import { connect } from "../client.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { cancelRun } from "../run/submit.ts";
import { runId } from "./run-id.ts";
import { note, print, printError, printJson } from "../print.ts";

export const cancel: Command = {
  name: "cancel",
  usage: "RUN … [options]",
  summary: "Cancel runs of projects.",
  details: ["RUN is an id or the address of a run's page. A run that has ended stays as it is."],
  options: { json: { type: "boolean", help: "As JSON: the state that each is in then" } },
  examples: ["deferred cancel 4Yb1fMkq0sC8wz0R7hJd2Q"],
  async run(args) {
    if (args.positionals.length === 0) throw args.wrong("cancel needs a run's id");
    const client = await connect(args);
    const ids = args.positionals.map((text) => runId(text, args, client));
    const asJson = args.flag("json");
    const ended: { id: string; state: RunState | undefined }[] = [];
    let exitCode: number = EXIT.ok;
    for (const id of ids) {
      try {
        const state = await cancelRun(client.url, id, client.token);
        ended.push({ id, state });
        if (asJson) continue;
        if (state === "canceled") print(`canceled ${id}`);
        else note(`${id} had ended before: ${state?.replace("_", " ")}`);
      } catch (error) {
        // The others are canceled all the same.
        if (!(error instanceof RefusedError)) throw error;
        printError(`${id}: ${error.message}`);
        exitCode = error.exitCode;
      }
    }
    if (asJson) printJson({ runs: ended });
    return exitCode;
  },
};
