import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import {
  OUTGOING_EVENTS,
  OutgoingHookListSchema,
  OutgoingHookSchema,
} from "../../protocol/projects.ts";
import { connect, PROJECT_OPTION } from "../client.ts";
import type { Command, Option } from "../command.ts";
import type { Group } from "../tree.ts";
import { print, printFacts } from "../print.ts";

const json: Option = { type: "boolean", help: "As JSON" };

const add: Command = {
  name: "projects hooks add",
  usage: "URL [options]",
  summary: "Send a webhook to this address whenever a run ends.",
  details: [
    "Each is signed as Standard Webhooks says; the secret is printed once, here. What is not taken is sent again,\n" +
      "later and later, for about two days.",
  ],
  options: {
    project: PROJECT_OPTION,
    event: {
      type: "string",
      value: "NAME",
      multiple: true,
      help: `${OUTGOING_EVENTS.join(" or ")} (default: run.ended)`,
    },
    json,
  },
  examples: ["deferred projects hooks add https://chat.example/hooks/ci --project acme/site"],
  async run(args) {
    const url = args.only("the address to send to");
    const events = args.commaList("event");
    const client = await connect(args);
    const body = { url, ...(events === undefined ? {} : { events }) };
    const path = paths.outgoingHooks(client.project);
    const made = await client.call(path, OutgoingHookSchema, { method: "POST", body });
    const rows = [
      ["hook", made.id],
      ["sends to", made.url],
      ["events", made.events.join(", ")],
      ["secret", made.secret ?? ""],
    ];
    printFacts(args.flag("json"), made, rows);
  },
};

const list: Command = {
  name: "projects hooks list",
  usage: "[options]",
  summary: "List the webhooks that a project sends.",
  options: { project: PROJECT_OPTION, json },
  examples: ["deferred projects hooks list --project acme/site"],
  async run(args) {
    args.none();
    const client = await connect(args);
    const answer = await client.call(paths.outgoingHooks(client.project), OutgoingHookListSchema);
    const rows = answer.outgoing_hooks.map(({ id, url, events }) => [id, events.join(", "), url]);
    printFacts(args.flag("json"), answer, [["HOOK", "EVENTS", "SENDS TO"], ...rows]);
  },
};

const remove: Command = {
  name: "projects hooks remove",
  usage: "ID [options]",
  summary: "Send nothing more to a webhook.",
  options: { project: PROJECT_OPTION },
  examples: ["deferred projects hooks remove 8fQ2… --project acme/site"],
  async run(args) {
    const id = args.only("a hook's id, as projects hooks list shows it");
    const client = await connect(args);
    const path = paths.outgoingHook(client.project, encodeURIComponent(id));
    await client.call(path, v.unknown(), { method: "DELETE" });
    print(`removed ${id}`);
  },
};

export const hooks: Group = {
  name: "projects hooks",
  summary: "Add, list and remove the webhooks that a project sends.",
  commands: [
    { name: "add", summary: "Send a webhook whenever a run ends", load: async () => add },
    { name: "list", summary: "List the webhooks that are sent", load: async () => list },
    { name: "remove", summary: "Send nothing more to one", load: async () => remove },
  ],
  usual: "list",
  examples: ["deferred projects hooks add https://chat.example/hooks/ci --project acme/site"],
};
