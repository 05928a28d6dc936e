import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { readLaunchFile } from "./process/launch-file.ts";
import { jsonLog, toStandardError } from "./process/log.ts";
import { runResponder, type ResponderOptions } from "./agent/respond.ts";
import { RESPONDER_EXIT, StartError } from "./process/start-error.ts";

const USAGE =
  "node responder/main.ts --launch FILE --state DIR [--sandbox bubblewrap|none] [--slots N] [--first RUNTIME]";

/** The responder as a process of its own. Its exit codes are those of `RESPONDER_EXIT`. */
async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    const stop = new AbortController();
    process.on("SIGTERM", () => stop.abort());
    process.on("SIGINT", () => stop.abort());
    return await runResponder(options, stop.signal);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`error: ${error.message}\nhint: ${error.hint}\n`);
    return error.exitCode;
  }
}

function readOptions(args: string[]): ResponderOptions {
  const values = readArguments(args);
  const { launch, state, sandbox, slots, first } = values;
  if (launch === undefined || state === undefined) {
    throw new StartError("--launch and --state are needed", USAGE, RESPONDER_EXIT.usage);
  }
  if (sandbox !== "bubblewrap" && sandbox !== "none") {
    throw new StartError(`there is no sandbox called ${sandbox}`, USAGE, RESPONDER_EXIT.usage);
  }
  const count = slots === undefined ? undefined : Number(slots);
  if (count !== undefined && !(Number.isInteger(count) && count >= 1 && count <= 64)) {
    throw new StartError(
      "--slots has to be a whole number from 1 to 64",
      USAGE,
      RESPONDER_EXIT.usage,
    );
  }
  return {
    launch: readLaunchFile(launch),
    state: resolve(state),
    sandbox,
    slots: count,
    first,
    log: jsonLog(toStandardError),
  };
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        launch: { type: "string" },
        state: { type: "string" },
        sandbox: { type: "string", default: "bubblewrap" },
        slots: { type: "string" },
        first: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new StartError(
      error instanceof Error ? error.message : String(error),
      USAGE,
      RESPONDER_EXIT.usage,
      { cause: error },
    );
  }
}

// Explicitly: a leftover handle must not keep the machine awake.
process.exit(await main(process.argv.slice(2)));
