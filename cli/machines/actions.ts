import { Option, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { MachineAnswerSchema, MARKETS, type NewMachine } from "../../protocol/machines.ts";
import { paths } from "../../protocol/paths.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, YES } from "../command/options.ts";
import { confirm } from "../terminal/confirm.ts";
import { print, printJson, tell } from "../terminal/print.ts";

const ID = ["<ID>", "The machine's id, as machines list shows it"] as const;
const EXAMPLE_ID = "3h3pz6k2m9t0q4w8x1r5v7y2ab";

export function addMachine(): CommandUnknownOpts {
  return createCommand("add", "Launch a machine beside those that runs wake, and print its id")
    .option("--project <OWNER/NAME>", "For this project's runs (default: for blocks)")
    .option("--type <TYPE>", "Instance type, such as m7a.medium")
    .option("--image <IMAGE>", "Image: an id, a family such as debian-13, or self: and a name")
    .addOption(new Option("--market <MARKET>", "How it is bought").choices(MARKETS))
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred machines add",
        "deferred machines add --project ada/blog --type m7a.medium --market spot",
      ),
    )
    .action(async ({ project, type, image, market, json = false }) => {
      const body: NewMachine = {
        ...(project !== undefined && { project }),
        ...(type !== undefined && { type }),
        ...(image !== undefined && { image }),
        ...(market !== undefined && { market }),
      };
      const client = await connect({ project });
      const made = await client.call(paths.machines, MachineAnswerSchema, { method: "POST", body });
      if (json) printJson(made);
      else print(made.machine.id);
    });
}

export function start(): CommandUnknownOpts {
  return simple("start", "Start a stopped machine", "starts");
}

export function stop(): CommandUnknownOpts {
  return simple(
    "stop",
    "Stop a machine once its runs have ended",
    "stops once its runs have ended",
  );
}

export function makeDefault(): CommandUnknownOpts {
  return simple(
    "default",
    "Launch machines like this one in its pool from now on",
    "is what its pool launches from now on",
  );
}

/** An action without options. */
function simple(name: string, summary: string, done: string): CommandUnknownOpts {
  return createCommand(name, summary)
    .argument(...ID)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples(`deferred machines ${name} ${EXAMPLE_ID}`))
    .action(async (id, { json = false }) => {
      const answer = await act(id, name);
      if (json) printJson(answer);
      else print(`${id} ${done}`);
    });
}

export function end(): CommandUnknownOpts {
  return createCommand("end", "End a machine for good, with its disk, once its runs have ended")
    .argument(...ID)
    .option("--now", "Do not wait for its runs: they are tried again on another machine")
    .option(...YES)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples(`deferred machines end ${EXAMPLE_ID}`))
    .action(async (id, { now = false, yes, json = false }) => {
      const client = await connect();
      const { machine } = await client.call(paths.machine(id), MachineAnswerSchema);
      const runs = machine.runs.length;
      tell(
        runs === 0
          ? "It holds no run. Its disk is removed."
          : `It holds ${runs} ${runs === 1 ? "run" : "runs"}, which ${now ? "are tried again elsewhere" : "end first"}. Then its disk is removed.`,
      );
      if (!yes) await confirm(`End ${id}?`);
      const answer = await act(id, "end", { now });
      if (json) printJson(answer);
      else print(`${id} ends`);
    });
}

export function assign(): CommandUnknownOpts {
  return createCommand("assign", "Give a machine that has run nothing yet to a project")
    .argument(...ID)
    .requiredOption("--project <OWNER/NAME>", "Which project")
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples(`deferred machines assign ${EXAMPLE_ID} --project ada/blog`))
    .action(async (id, { project, json = false }) => {
      const answer = await act(id, "assign", { project });
      if (json) printJson(answer);
      else print(`${id} is of ${project}`);
    });
}

async function act(id: string, action: string, body: object = {}) {
  const client = await connect();
  const path = paths.machineAction(id, action);
  return client.call(path, MachineAnswerSchema, { method: "POST", body });
}
