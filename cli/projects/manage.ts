import { InvalidArgumentError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { UsageError } from "../errors/cli-error.ts";
import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import {
  CREDENTIALS,
  ProjectViewSchema,
  RemovedProjectListSchema,
  type CredentialName,
} from "../../protocol/projects.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { connect } from "../api/client.ts";
import { listProjects } from "../api/lists.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, YES } from "../command/options.ts";
import { formatAge } from "../terminal/age.ts";
import { confirm } from "../terminal/confirm.ts";
import { print, printFacts, tell } from "../terminal/print.ts";
import { stateCell } from "../terminal/state-cell.ts";
import { readCredentials } from "./credentials.ts";
import { addSettings, parseSettingsOptions } from "./settings.ts";
import { projectRows } from "./view.ts";

export function listProjectsCommand(): CommandUnknownOpts {
  return createCommand("list", "List projects, with how their last run went")
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred projects list"))
    .action(async ({ json = false }) => {
      const projects = await listProjects(await connect());
      const now = Date.now();
      const rows = projects.map(({ slug, last_run: last, repository }) => [
        slug,
        last ? stateCell(last.state) : "",
        last ? formatAge(last.created_at, now) : "",
        last ? plainLine(last.title, 50) : "",
        repository ?? "",
      ]);
      const header = ["PROJECT", "LAST RUN", "MADE", "WHAT", "REPOSITORY"];
      printFacts(json, { projects }, [header, ...rows]);
    });
}

export function showProject(): CommandUnknownOpts {
  return createCommand("show", "Show a project's settings and where its webhooks go")
    .argument("[OWNER/NAME]")
    .option("--hook-secret", "Show the hook secret, too")
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred projects show acme/site --hook-secret"))
    .action(async (slug, { hookSecret, json = false }) => {
      const client = await connect({ project: slug });
      const query = hookSecret ? "?hook_secret=1" : "";
      const project = await client.call(paths.project(client.project) + query, ProjectViewSchema);
      printFacts(json, project, projectRows(project, Date.now()));
    });
}

export function setProject(): CommandUnknownOpts {
  const command = createCommand("set", "Change a project's settings; the others stay").argument(
    "[OWNER/NAME]",
  );
  return addSettings(command)
    .option(
      "--remove-credential <NAME>",
      "deploy_key, known_hosts, repository_token, github_token, github_app or forge_token",
      readCredentialName,
    )
    .option("--renew-hook-secret", "Make a new one; the old one stops working at once")
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred projects set acme/site --branches main,release/* --no-network",
        "deferred projects set acme/site --github-token-file token.txt",
        "deferred projects set acme/site --github-app 123456 --github-app-key acme.private-key.pem",
      ),
    )
    .action(
      async (slug, { json = false, repo, removeCredential = [], renewHookSecret, ...options }) => {
        const client = await connect({ project: slug });
        const settings = parseSettingsOptions(options);
        const body = {
          ...(repo === undefined ? {} : { repository: repo }),
          ...(Object.keys(settings).length === 0 ? {} : { settings }),
          ...(await readCredentials(options)),
          ...Object.fromEntries(removeCredential.map((name) => [name, null])),
          ...(renewHookSecret ? { renew_hook_secret: true } : {}),
        };
        if (Object.keys(body).length === 0) {
          throw new UsageError("projects set needs something to change");
        }
        const path = paths.project(client.project);
        const project = await client.call(path, ProjectViewSchema, { method: "PATCH", body });
        printFacts(json, project, projectRows(project, Date.now()));
      },
    );
}

function readCredentialName(
  value: string,
  previous: CredentialName[] | undefined,
): CredentialName[] {
  const name = CREDENTIALS.find((one) => one === value);
  if (name) return [...(previous ?? []), name];
  throw new InvalidArgumentError(`It has to be one of ${CREDENTIALS.join(", ")}`);
}

export function removeProject(): CommandUnknownOpts {
  return createCommand("remove", "Remove a project; for seven days it can be restored")
    .description(
      "Its pages, hooks, tokens and blocks stop working at once, and runs that have not ended are canceled. For seven " +
        "days deferred projects restore brings all back; then its secrets and credentials are deleted for good. Its name " +
        "is not given to another.",
    )
    .argument("<OWNER/NAME>")
    .option(...YES)
    .addHelpText("after", examples("deferred projects remove acme/site"))
    .action(async (slug, { yes }) => {
      const client = await connect({ project: slug });
      await client.call(paths.project(slug), ProjectViewSchema);
      tell(
        `${slug} stops: its hooks, tokens, pages, and every block that was signed for it. It can be restored for seven days.`,
      );
      if (!yes) {
        await confirm("Remove it?", {
          doing: "removing",
          undone: "nothing was removed",
          answer: slug,
        });
      }
      await client.call(paths.project(slug), v.unknown(), { method: "DELETE" });
      print(`removed ${slug}`);
    });
}

export function restoreProject(): CommandUnknownOpts {
  return createCommand("restore", "Restore a removed project; without a name, list those there are")
    .argument("[OWNER/NAME]")
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples("deferred projects restore", "deferred projects restore acme/site"),
    )
    .action(async (slug, { json = false }) => {
      const client = await connect();
      if (slug !== undefined) {
        await client.call(paths.restoreProject(slug), v.unknown(), { method: "POST" });
        return print(`restored ${slug}`);
      }
      const removed = await client.call(paths.removedProjects, RemovedProjectListSchema);
      const rows = removed.projects.map((one) => [
        one.slug,
        one.removed_at.slice(0, 16).replace("T", " "),
        one.restorable_until.slice(0, 16).replace("T", " "),
      ]);
      printFacts(json, removed, [["PROJECT", "REMOVED (UTC)", "RESTORABLE UNTIL"], ...rows]);
    });
}
