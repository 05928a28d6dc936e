import { Option, type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { UsageError } from "../errors/cli-error.ts";
import type { Task } from "../../protocol/command.ts";
import { pagePaths } from "../../protocol/paths.ts";
import type { RunCreated } from "../../protocol/run.ts";
import { connect, type Client } from "../api/client.ts";
import { examples } from "../command/help.ts";
import { collectList, PROJECT, seconds } from "../command/options.ts";
import { printFacts, printJsonText } from "../terminal/print.ts";
import { HISTORY, readHistory, readRevision, REF, TIMEOUT } from "./revision.ts";
import { runCommand, startCommand } from "./start-command.ts";

export function exec(command: Command, { argv }: { argv: readonly string[] }): CommandUnknownOpts {
  return command
    .usage("[options] -- COMMAND [ARGUMENT …] | 'SHELL TEXT'")
    .description(
      [
        "The project's repository is checked out on a machine of its own, with the environment, services, secrets and " +
          "caches that its .deferred-server file names. Several words are the command and its arguments; a single one " +
          "is text for bash. Output and exit status become this command's own; Ctrl-C cancels, a second one leaves at once.",
        "Exit status: the command's; with several commits the first that is not 0; 65 where the commit, the file or a " +
          "service is wrong, 124 over its time, 130 canceled, 137 out of memory, 69 no server, 70 the server's fault.",
      ].join("\n\n"),
    )
    .argument("[COMMAND...]")
    .option(...PROJECT)
    .option(...REF)
    .addOption(
      new Option("--commits <A,B>", "Run at each of these commits, one after another")
        .argParser(collectList)
        .conflicts(["ref", "history"]),
    )
    .option(...HISTORY, readHistory)
    .option("--file", "Run what the .deferred-server file says, and no COMMAND")
    .option(...TIMEOUT, seconds)
    .addOption(
      new Option(
        "--retry <never>",
        "Do not try again if its machine was lost: not safe to run twice",
      ).choices(["never"] as const),
    )
    .option("--detach", "Do not wait: print the run's id and addresses")
    .option("--json", "Print result.json instead of the command's output")
    .addHelpText(
      "after",
      examples(
        "deferred exec --project acme/site -- rake report",
        "deferred exec --project acme/site --ref release/2 'npm ci && npm test | tail'",
        "deferred exec --history 90d -- cloc --json . > growth.json",
        "deferred exec --file --detach",
      ),
    )
    .action(async (words, { project, file, timeout, retry, detach, json = false, ...revision }) => {
      const task = readTask(words, file, argv);
      const client = await connect({ project });
      const request = { revision: readRevision(revision), task, wall_s: timeout, retry };
      const created = await startCommand(client, request);
      if (detach) return printFacts(json, created, describe(client, created));
      process.exitCode = await runCommand(client, created, json);
      if (json) printJsonText(await (await client.open(created.result_url)).text());
    });
}

function readTask(words: string[], file: true | undefined, argv: readonly string[]): Task {
  if (file) {
    if (words.length === 0) return { do: "file" };
    throw new UsageError("--file takes no command: it runs what the file says");
  }
  const [first, ...more] = words;
  if (first === undefined || first === "") {
    throw new UsageError(
      "exec needs a command after --, or --file for what the project's file says",
    );
  }
  if (more.length === 0) return { do: "exec", command: first };
  // Without -- an option that is meant for the command would be taken for one of exec.
  const apart = argv.indexOf("--");
  if (apart !== -1 && argv.length - apart - 1 === words.length) {
    return { do: "exec", command: [first, ...more] };
  }
  throw new UsageError("put -- before the command: deferred exec -- rake report");
}

function describe(client: Client, { id, state, result_url }: RunCreated): string[][] {
  return [
    ["run", id],
    ["state", state],
    ["page", client.serverUrl + pagePaths.run(client.project, id)],
    ["result, once ended", result_url],
    ["follow", `deferred logs -f ${id}`],
  ];
}
