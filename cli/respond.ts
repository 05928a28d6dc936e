import { resolve } from "node:path";
import { CliError } from "./cli-error.ts";
import type { Command } from "./command.ts";

export const respond: Command = {
  name: "respond",
  usage: "--launch FILE --state FOLDER [options]",
  summary: "Start a responder: what a machine runs to execute blocks.",
  details: [
    "Compute starts it with a launch file, which says which server it belongs to. It listens on nothing,\n" +
      "and ends by itself when it was idle for long enough.",
  ],
  options: {
    launch: { type: "string", value: "FILE", help: "The launch file, readable by its owner alone" },
    state: { type: "string", value: "FOLDER", help: "Where the machine's identity is kept" },
    sandbox: { type: "string", value: "NAME", help: "bubblewrap (default), or none: no isolation" },
    slots: { type: "string", value: "N", help: "Runs at one time (default: by the processors)" },
  },
  examples: ["deferred respond --launch /run/deferred/launch.json --state /var/lib/deferred"],
  async run(args) {
    const [launch, state, slots] = ["launch", "state", "slots"].map((name) => args.text(name));
    if (launch === undefined || state === undefined) {
      throw args.wrong("respond needs --launch and --state");
    }
    if (slots !== undefined && !/^([1-9]|[1-5]\d|6[0-4])$/.test(slots)) {
      throw args.wrong("--slots has to be a whole number from 1 to 64");
    }
    const sandbox = args.choice("sandbox", ["bubblewrap", "none"]);

    const { runResponder } = await import("../responder/agent/respond.ts");
    const { readLaunchFile } = await import("../responder/process/launch-file.ts");
    const { jsonLog, toStandardError } = await import("../responder/process/log.ts");
    const { StartError } = await import("../responder/process/start-error.ts");
    const stop = new AbortController();
    process.on("SIGTERM", () => stop.abort());
    process.on("SIGINT", () => stop.abort());
    try {
      const options = {
        launch: readLaunchFile(launch),
        state: resolve(state),
        sandbox,
        slots: slots === undefined ? undefined : Number(slots),
        log: jsonLog(toStandardError),
      };
      return await runResponder(options, stop.signal);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const { message, hint, exitCode } = error;
      throw new CliError(message, { hint, exitCode, cause: error });
    }
  },
};
