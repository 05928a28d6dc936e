import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { paths } from "../../protocol/paths.ts";
import { ProjectViewSchema, type ProjectView } from "../../protocol/projects.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT } from "../command/options.ts";
import { print, printJson, printTable } from "../terminal/print.ts";
import { readCredentials } from "./credentials.ts";
import { addSettings, parseSettingsOptions } from "./settings.ts";
import { hookRows, NO_REPOSITORY } from "./view.ts";

export function createProject(): CommandUnknownOpts {
  const command = createCommand("create", "Make a project, and print where to send its webhooks")
    .description(
      "Its repository is always this one, never one from a webhook. Without --public only its owner reads its pages. " +
        "docs/projects.md leads from here to the first push that runs something.",
    )
    .argument("<OWNER/NAME>");
  return addSettings(command)
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred projects create acme/site --repo https://github.com/acme/site.git",
        "deferred projects create acme/shop --repo git@github.com:acme/shop.git --deploy-key ~/.ssh/shop",
        "deferred projects create acme/wiki --repo https://git.example/wiki.git --public --watch ops@acme.example",
      ),
    )
    .action(async (slug, { json, repo, ...options }) => {
      const client = await connect({ project: slug });
      const body = {
        slug,
        repository: repo,
        settings: parseSettingsOptions(options),
        ...(await readCredentials(options)),
      };
      const made = await client.call(paths.projects, ProjectViewSchema, { method: "POST", body });
      if (json) printJson(made);
      else printNextSteps(made);
    });
}

function printNextSteps(project: ProjectView): void {
  const { slug } = project;
  const host = project.repository?.includes("gitlab") ? "GitLab" : "GitHub";
  printTable([
    ["project", slug],
    ["repository", project.repository ?? NO_REPOSITORY],
    ["page", project.page_url],
    ...hookRows(project),
    ["hook secret", project.hook_secret ?? ""],
  ]);
  print("");
  printTable([
    ["next", `enter hook and secret at ${host}, content type application/json: docs/projects.md`],
    ["try", `deferred exec --project ${slug} -- ls`],
  ]);
}
