import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { pagePaths, paths } from "../../protocol/paths.ts";
import { RunViewSchema } from "../../protocol/run.ts";
import { connect } from "../api/client.ts";
import { examples } from "../command/help.ts";
import { UsageError } from "../errors/cli-error.ts";
import { submitRun } from "../run/submit.ts";
import { printFacts } from "../terminal/print.ts";
import { readRunId } from "./run-id.ts";

export function rerun(command: Command): CommandUnknownOpts {
  return command
    .description(
      "RUN is an id or the address of a run's page. It runs again at the same commits, as a run of its own. With " +
        "--failed, only the combinations of its matrix run that did not go well; the others are taken over.",
    )
    .argument("<RUN>")
    .option("--failed", "Only the combinations of the matrix that did not go well")
    .option("--json", "Print JSON")
    .addHelpText(
      "after",
      examples(
        "deferred rerun 4Yb1fMkq0sC8wz0R7hJd2Q",
        "deferred rerun --failed 4Yb1fMkq0sC8wz0R7hJd2Q",
      ),
    )
    .action(async (run, { failed = false, json = false }) => {
      const { serverUrl, token, call } = await connect();
      const id = readRunId(run, serverUrl);
      const view = await call(paths.run(id), RunViewSchema);
      const project = view.command?.project;
      if (project === undefined) {
        throw new UsageError(
          "rerun takes the run of a project's commands: a block runs again by Run",
        );
      }
      const url = serverUrl + paths.runAgain(project, id);
      const made = await submitRun(url, { body: { failed }, token });
      printFacts(json, made, [
        ["run", made.id],
        ["state", made.state],
        ["page", serverUrl + pagePaths.run(project, made.id)],
        ["follow", `deferred logs -f ${made.id}`],
      ]);
    });
}
