import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import { ProjectListSchema, ProjectViewSchema, type ProjectView } from "../../protocol/projects.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { age } from "../age.ts";
import { connect } from "../client.ts";
import type { Arguments, Command, Option } from "../command.ts";
import { confirm } from "../confirm.ts";
import { print, printFacts, printJson, printTable, tell } from "../print.ts";
import { stateCell } from "../state-cell.ts";
import { readCredentials, readSettings, SETTINGS_OPTIONS, type Credentials } from "./settings.ts";
import { hookRows, projectRows } from "./view.ts";

const json: Option = { type: "boolean", help: "As JSON" };

export const create: Command = {
  name: "projects create",
  usage: "OWNER/NAME --repo URL [options]",
  summary: "Make a project, and print where to send its webhooks.",
  details: [
    "Its repository is always this one, never one from a webhook. Without --public only its owner reads its pages.\n" +
      "docs/projects.md leads from here to the first push that runs something.",
  ],
  options: { ...SETTINGS_OPTIONS, json },
  examples: [
    "deferred projects create acme/site --repo https://github.com/acme/site.git",
    "deferred projects create acme/shop --repo git@github.com:acme/shop.git --deploy-key ~/.ssh/shop",
    "deferred projects create acme/wiki --repo https://git.example/wiki.git --public --watch ops@acme.example",
  ],
  async run(args) {
    const slug = args.only("a name of the form owner/name");
    const client = await connect(args, slug);
    const repository = args.text("repo");
    const body = {
      slug,
      ...(repository === undefined ? {} : { repository }),
      settings: readSettings(args),
      ...(await readCredentials(args)),
    };
    const made = await client.call(paths.projects, ProjectViewSchema, { method: "POST", body });
    if (args.flag("json")) printJson(made);
    else printMade(made);
  },
};

function printMade(project: ProjectView): void {
  const { slug } = project;
  const where = project.repository?.includes("gitlab") ? "GitLab" : "GitHub";
  printTable([
    ["project", slug],
    ["repository", project.repository ?? "none: deferred projects set --repo URL"],
    ["page", project.page_url],
    ...hookRows(project),
    ["hook secret", project.hook_secret ?? ""],
  ]);
  print("");
  printTable([
    ["next", `enter hook and secret at ${where}, content type application/json: docs/projects.md`],
    ["try", `deferred exec --project ${slug} -- ls`],
  ]);
}

export const list: Command = {
  name: "projects list",
  usage: "[options]",
  summary: "List projects, with how their last run went.",
  options: { json },
  examples: ["deferred projects list"],
  async run(args) {
    args.none();
    const client = await connect(args);
    const { projects } = await client.call(paths.projects, ProjectListSchema);
    const now = Date.now();
    const rows = projects.map(({ slug, last_run: last, repository }) => [
      slug,
      last ? stateCell(last.state) : "",
      last ? age(last.created_at, now) : "",
      last ? plainLine(last.title, 50) : "",
      repository ?? "",
    ]);
    const header = ["PROJECT", "LAST RUN", "MADE", "WHAT", "REPOSITORY"];
    printFacts(args.flag("json"), { projects }, [header, ...rows]);
  },
};

export const show: Command = {
  name: "projects show",
  usage: "[OWNER/NAME] [options]",
  summary: "Show a project's settings and where its webhooks go.",
  options: { "hook-secret": { type: "boolean", help: "The hook secret, too" }, json },
  examples: ["deferred projects show acme/site --hook-secret"],
  async run(args) {
    const client = await connect(args, optionalSlug(args));
    const query = args.flag("hook-secret") ? "?hook_secret=1" : "";
    const project = await client.call(paths.project(client.project) + query, ProjectViewSchema);
    printFacts(args.flag("json"), project, projectRows(project, Date.now()));
  },
};

export const set: Command = {
  name: "projects set",
  usage: "[OWNER/NAME] [options]",
  summary: "Change a project's settings; what is not named stays.",
  options: {
    ...SETTINGS_OPTIONS,
    "remove-credential": {
      type: "string",
      value: "NAME",
      multiple: true,
      help: "deploy_key, known_hosts, repository_token, github_token or github_app",
    },
    "renew-hook-secret": { type: "boolean", help: "The old one stops working at once" },
    json,
  },
  examples: [
    "deferred projects set acme/site --branches main,release/* --no-network",
    "deferred projects set acme/site --github-token-file token.txt",
    "deferred projects set acme/site --github-app 123456 --github-app-key acme.private-key.pem",
  ],
  async run(args) {
    const client = await connect(args, optionalSlug(args));
    const repository = args.text("repo");
    const settings = readSettings(args);
    const body = {
      ...(repository === undefined ? {} : { repository }),
      ...(Object.keys(settings).length === 0 ? {} : { settings }),
      ...(await readCredentials(args)),
      ...removedCredentials(args),
      ...(args.flag("renew-hook-secret") ? { renew_hook_secret: true } : {}),
    };
    if (Object.keys(body).length === 0) throw args.wrong("projects set needs something to change");
    const path = paths.project(client.project);
    const project = await client.call(path, ProjectViewSchema, { method: "PATCH", body });
    printFacts(args.flag("json"), project, projectRows(project, Date.now()));
  },
};

function removedCredentials(args: Arguments): Credentials {
  const names = [
    "deploy_key",
    "known_hosts",
    "repository_token",
    "github_token",
    "github_app",
  ] as const;
  const removed: Credentials = {};
  for (const given of args.list("remove-credential")) {
    const name = names.find((one) => one === given);
    if (!name) throw args.wrong(`--remove-credential has to be one of ${names.join(", ")}`);
    removed[name] = null;
  }
  return removed;
}

export const remove: Command = {
  name: "projects remove",
  usage: "OWNER/NAME [options]",
  summary: "Remove a project; its name is not given to another.",
  details: [
    "Its hooks, secrets and credentials are deleted, what waits is canceled, its pages are gone, and blocks that were\n" +
      "signed for it stop working. It can't be undone.",
  ],
  options: { yes: { type: "boolean", help: "Do not ask" } },
  examples: ["deferred projects remove acme/site"],
  async run(args) {
    const slug = args.only("the project's name");
    const client = await connect(args, slug);
    await client.call(paths.project(slug), ProjectViewSchema);
    tell(
      `${slug} goes for good: its hooks, secrets, pages, and every block that was signed for it.`,
    );
    if (!args.flag("yes")) {
      await confirm("Remove it?", {
        doing: "removing",
        undone: "nothing was removed",
        answer: slug,
      });
    }
    await client.call(paths.project(slug), v.unknown(), { method: "DELETE" });
    print(`removed ${slug}`);
  },
};

function optionalSlug(args: Arguments): string | undefined {
  return args.positionals.length === 0 ? undefined : args.only("a name of the form owner/name");
}
