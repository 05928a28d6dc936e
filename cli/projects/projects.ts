import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { examples } from "../command/help.ts";
import { createProject } from "./create.ts";
import { deliveries } from "./deliveries.ts";
import { hooks } from "./hooks.ts";
import {
  listProjectsCommand,
  removeProject,
  restoreProject,
  setProject,
  showProject,
} from "./manage.ts";
import { notices } from "./notices.ts";
import { secrets } from "./secrets.ts";

export function projects(command: Command): CommandUnknownOpts {
  return command
    .description(
      "A project has a repository; a webhook reports its pushes, and each runs what the file .deferred-server in it " +
        "says, on a machine that serves this project alone. docs/projects.md shows every step.",
    )
    .addCommand(createProject())
    .addCommand(listProjectsCommand(), { isDefault: true })
    .addCommand(showProject())
    .addCommand(setProject())
    .addCommand(removeProject())
    .addCommand(restoreProject())
    .addCommand(secrets())
    .addCommand(deliveries())
    .addCommand(hooks())
    .addCommand(notices())
    .addHelpText(
      "after",
      examples(
        "deferred projects create acme/site --repo https://github.com/acme/site.git",
        "deferred projects secrets set DEPLOY_TOKEN < token.txt",
      ),
    );
}
