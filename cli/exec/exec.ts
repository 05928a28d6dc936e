import type { Task } from "../../protocol/command.ts";
import { pagePaths } from "../../protocol/paths.ts";
import type { RunCreated } from "../../protocol/run.ts";
import { connect, PROJECT_OPTION, type Client } from "../client.ts";
import type { Arguments, Command } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { present } from "../run/present.ts";
import { cancelRun } from "../run/submit.ts";
import { readRevision, REF_OPTION } from "./revision.ts";
import { readWallTime, startCommand, TIMEOUT_OPTION } from "./start-command.ts";
import { isTerminal, printFacts, printJsonText } from "../print.ts";

export const exec: Command = {
  name: "exec",
  usage: "[options] -- COMMAND [ARGUMENT …] | 'SHELL TEXT'",
  summary: "Run a command at a commit of a project, and show its output.",
  details: [
    "The project's repository is checked out on a machine of its own, with the environment, services, secrets and\n" +
      "caches that its .deferred-server file names. Several words are the command and its arguments; a single one\n" +
      "is text for bash. Output and exit status become this command's own; Ctrl-C cancels, a second one leaves at once.",
    "Exit status: the command's; with several commits the first that is not 0; 65 where the commit, the file or a\n" +
      "service is wrong, 124 over its time, 130 canceled, 137 out of memory, 69 no server, 70 the server's fault.",
  ],
  options: {
    project: PROJECT_OPTION,
    ref: REF_OPTION,
    commits: {
      type: "string",
      value: "A,B",
      multiple: true,
      help: "At each of these commits, one after another",
    },
    history: {
      type: "string",
      value: "DAYS",
      help: "At each day's last commit of the last so many days, such as 90d",
    },
    file: { type: "boolean", help: "Run what the .deferred-server file says, and no COMMAND" },
    timeout: TIMEOUT_OPTION,
    retry: {
      type: "string",
      value: "never",
      help: "Do not try again where its machine was lost: not safe to begin twice",
    },
    detach: { type: "boolean", help: "Do not wait: print the run's id and addresses" },
    json: { type: "boolean", help: "Print result.json instead of the command's output" },
  },
  examples: [
    "deferred exec --project acme/site -- rake report",
    "deferred exec --project acme/site --ref release/2 'npm ci && npm test | tail'",
    "deferred exec --history 90d -- cloc --json . > growth.json",
    "deferred exec --file --detach",
  ],
  async run(args) {
    const task = taskOf(args);
    const revision = readRevision(args);
    const wall_s = readWallTime(args);
    const retry = args.text("retry");
    if (retry !== undefined && retry !== "never") throw args.wrong("--retry can only be never");
    const client = await connect(args);
    const created = await startCommand(client, { revision, task, wall_s, retry });
    if (args.flag("detach")) {
      printFacts(args.flag("json"), created, detached(client, created));
      return EXIT.ok;
    }
    const quiet = args.flag("json");
    const exitCode = await present(
      { ...created, token: client.token },
      {
        quiet,
        steps: isTerminal("stderr") ? "all" : "of several commits",
        cancel: () => cancelRun(client.url, created.id, client.token),
      },
    );
    if (quiet) {
      const result = await client.read(created.result_url);
      printJsonText(result.toString("utf8"));
    }
    return exitCode;
  },
};

function taskOf(args: Arguments): Task {
  const words = args.positionals;
  if (args.flag("file")) {
    if (words.length > 0) throw args.wrong("--file takes no command: it runs what the file says");
    return { do: "file" };
  }
  const [first, ...more] = words;
  if (first === undefined || first === "") {
    throw args.wrong("exec needs a command after --, or --file for what the project's file says");
  }
  // Without -- an option that is meant for the command would be taken for one of exec.
  if (more.length > 0 && args.rest?.length !== words.length) {
    throw args.wrong("put -- before the command: deferred exec -- rake report");
  }
  return { do: "exec", command: more.length === 0 ? first : [first, ...more] };
}

function detached(client: Client, { id, state, result_url }: RunCreated): string[][] {
  return [
    ["run", id],
    ["state", state],
    ["page", client.url + pagePaths.run(client.project, id)],
    ["result, once ended", result_url],
    ["follow", `deferred logs -f ${id}`],
  ];
}
