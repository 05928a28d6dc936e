import type { Group } from "../tree.ts";

const manage = () => import("./manage.ts");

export const projects: Group = {
  name: "projects",
  summary: "Make projects, and decide what their pushes run.",
  details: [
    "A project has a repository; a webhook reports its pushes, and each runs what the file .deferred-server in it\n" +
      "says, on a machine that serves this project alone. docs/projects.md shows every step.",
  ],
  commands: [
    {
      name: "create",
      summary: "Make a project, and print where to send its webhooks",
      load: async () => (await manage()).create,
    },
    {
      name: "list",
      summary: "List projects, with how their last run went",
      load: async () => (await manage()).list,
    },
    {
      name: "show",
      summary: "Show a project's settings and where its webhooks go",
      load: async () => (await manage()).show,
    },
    {
      name: "set",
      summary: "Change a project's settings",
      load: async () => (await manage()).set,
    },
    {
      name: "remove",
      summary: "Remove a project for good",
      load: async () => (await manage()).remove,
    },
    {
      name: "secrets",
      summary: "Set, list and remove what its commands may know and nobody else",
      load: async () => (await import("./secrets.ts")).secrets,
    },
    {
      name: "deliveries",
      summary: "List, show and replay the webhooks that came",
      load: async () => (await import("./deliveries.ts")).deliveries,
    },
    {
      name: "hooks",
      summary: "Add, list and remove the webhooks that it sends",
      load: async () => (await import("./hooks.ts")).hooks,
    },
    {
      name: "notices",
      summary: "List mails, commit statuses and webhooks that were sent",
      load: async () => (await import("./notices.ts")).notices,
    },
  ],
  usual: "list",
  examples: [
    "deferred projects create acme/site --repo https://github.com/acme/site.git",
    "deferred projects secrets set DEPLOY_TOKEN < token.txt",
  ],
};
