import { paths } from "../../protocol/paths.ts";
import {
  DeliveryListSchema,
  DeliverySchema,
  DeliveryViewSchema,
  isFound,
  type Delivery,
} from "../../protocol/projects.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { age } from "../age.ts";
import { connect, PROJECT_OPTION } from "../client.ts";
import type { Command, Option } from "../command.ts";
import { hint, note, print, printFacts, printJson, printTable, programOutput } from "../print.ts";
import type { Group } from "../tree.ts";

const json: Option = { type: "boolean", help: "As JSON" };

const list: Command = {
  name: "projects deliveries list",
  usage: "[options]",
  summary: "List the webhooks that came, newest first, and what became of each.",
  options: { project: PROJECT_OPTION, json },
  examples: ["deferred projects deliveries --project acme/site"],
  async run(args) {
    args.none();
    const client = await connect(args);
    const path = paths.deliveries(client.project);
    const answer = await client.call(path, DeliveryListSchema);
    const { deliveries: found, refused } = answer;
    const now = Date.now();
    const rows = found.map((one) => [
      one.id,
      age(one.received_at, now),
      isFound(one) ? "found" : one.provider,
      plainLine(one.event, 30),
      one.outcome,
      plainLine(one.run ?? one.detail, 70),
    ]);
    const header = ["DELIVERY", "CAME", "FROM", "EVENT", "OUTCOME", "RUN OR REASON"];
    printFacts(args.flag("json"), answer, [header, ...rows]);
    for (const { provider, code, count, last_at } of refused) {
      const calls = count === 1 ? "1 call" : `${count} calls`;
      note(`${calls} from ${provider} refused, the last ${age(last_at, now)}: ${code}`);
      hint(
        `deferred projects show ${client.project} --hook-secret prints the secret to enter there`,
      );
    }
  },
};

const show: Command = {
  name: "projects deliveries show",
  usage: "ID [options]",
  summary: "Show a delivery with its headers and its whole body.",
  options: { project: PROJECT_OPTION, json },
  examples: [
    "deferred projects deliveries show 8fQ2… --project acme/site --json | jq -r .body | jq",
  ],
  async run(args) {
    const id = args.only("a delivery's id");
    const client = await connect(args);
    const path = paths.delivery(client.project, encodeURIComponent(id));
    const delivery = await client.call(path, DeliveryViewSchema);
    if (args.flag("json")) {
      printJson(delivery);
      return;
    }
    printTable(facts(delivery));
    print("");
    printTable(Object.entries(delivery.headers));
    print("");
    programOutput("stdout")(`${delivery.body}\n`);
  },
};

const replay: Command = {
  name: "projects deliveries replay",
  usage: "ID [options]",
  summary: "Do again what a delivery asked for, by the project's settings of today.",
  options: { project: PROJECT_OPTION, json },
  examples: ["deferred projects deliveries replay 8fQ2… --project acme/site"],
  async run(args) {
    const id = args.only("a delivery's id");
    const client = await connect(args);
    const path = paths.replay(client.project, encodeURIComponent(id));
    const made = await client.call(path, DeliverySchema, { method: "POST" });
    printFacts(args.flag("json"), made, facts(made));
  },
};

export const deliveries: Group = {
  name: "projects deliveries",
  summary: "List, show and replay the webhooks that came.",
  commands: [
    { name: "list", summary: "List deliveries, newest first", load: async () => list },
    { name: "show", summary: "Show one with its whole body", load: async () => show },
    { name: "replay", summary: "Do again what one asked for", load: async () => replay },
  ],
  usual: "list",
  examples: ["deferred projects deliveries --project acme/site"],
};

function facts(delivery: Delivery): string[][] {
  return [
    ["delivery", delivery.id],
    ["came", delivery.received_at],
    ["from", `${isFound(delivery) ? "found" : delivery.provider}: ${delivery.event}`],
    ...(delivery.replay_of === null ? [] : [["replays", delivery.replay_of]]),
    ["outcome", delivery.outcome],
    ["because", delivery.detail],
    ...(delivery.run === null ? [] : [["run", delivery.run]]),
  ];
}
