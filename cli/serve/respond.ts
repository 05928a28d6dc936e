import { Option, type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { resolve } from "node:path";
import { CliError } from "../errors/cli-error.ts";
import { examples } from "../command/help.ts";
import { wholeNumber } from "../command/options.ts";

export function respond(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Compute starts it with a launch file, which says which server it belongs to. It listens on nothing, " +
        "and ends by itself after its idle time.",
    )
    .requiredOption("--launch <FILE>", "The launch file, readable by its owner alone")
    .requiredOption("--state <FOLDER>", "Where the machine's identity is kept")
    .addOption(
      new Option("--sandbox <NAME>", "Isolation of runs; none is for trusted code alone")
        .choices(["bubblewrap", "none"] as const)
        .default("bubblewrap" as const),
    )
    .option("--slots <N>", "Concurrent runs (default: by the processors)", wholeNumber(1, 64))
    .addHelpText(
      "after",
      examples("deferred respond --launch /run/deferred/launch.json --state /var/lib/deferred"),
    )
    .action(async ({ launch, state, sandbox, slots }) => {
      const { runResponder } = await import("../../responder/agent/respond.ts");
      const { readLaunchFile } = await import("../../responder/process/launch-file.ts");
      const { jsonLog, toStandardError } = await import("../../responder/process/log.ts");
      const { StartError } = await import("../../responder/process/start-error.ts");
      const stop = new AbortController();
      process.on("SIGTERM", () => stop.abort());
      process.on("SIGINT", () => stop.abort());
      try {
        const options = {
          launch: readLaunchFile(launch),
          state: resolve(state),
          sandbox,
          slots,
          log: jsonLog(toStandardError),
        };
        process.exitCode = await runResponder(options, stop.signal);
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        const { message, hint, exitCode } = error;
        throw new CliError(message, { hint, exitCode, cause: error });
      }
    });
}
