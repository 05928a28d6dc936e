import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { paths } from "../../protocol/paths.ts";
import {
  DeliveryListSchema,
  DeliverySchema,
  DeliveryViewSchema,
  isFound,
  type Delivery,
} from "../../protocol/deliveries.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, PROJECT } from "../command/options.ts";
import { formatAge } from "../terminal/age.ts";
import {
  hint,
  note,
  print,
  printFacts,
  printJson,
  printTable,
  programOutput,
} from "../terminal/print.ts";

export function deliveries(): CommandUnknownOpts {
  return createCommand("deliveries", "List, show and replay incoming webhooks")
    .addCommand(list(), { isDefault: true })
    .addCommand(show())
    .addCommand(replay())
    .addCommand(approve())
    .addHelpText("after", examples("deferred projects deliveries --project acme/site"));
}

function list(): CommandUnknownOpts {
  return createCommand("list", "List deliveries, newest first, and the outcome of each")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred projects deliveries --project acme/site"))
    .action(async ({ project, json = false }) => {
      const client = await connect({ project });
      const answer = await client.call(paths.deliveries(client.project), DeliveryListSchema);
      const now = Date.now();
      const rows = answer.deliveries.map((one) => [
        one.id,
        formatAge(one.received_at, now),
        sourceOf(one),
        plainLine(one.event, 30),
        one.outcome,
        plainLine(one.run ?? one.detail, 70),
      ]);
      const header = ["DELIVERY", "CAME", "FROM", "EVENT", "OUTCOME", "RUN OR REASON"];
      printFacts(json, answer, [header, ...rows]);
      for (const { provider, code, count, last_at } of answer.refused) {
        const calls = count === 1 ? "1 call" : `${count} calls`;
        note(`${calls} from ${provider} refused, the last ${formatAge(last_at, now)}: ${code}`);
        hint(
          `deferred projects show ${client.project} --hook-secret prints the secret to enter there`,
        );
      }
    });
}

function show(): CommandUnknownOpts {
  return createCommand("show", "Show a delivery with its headers and its whole body")
    .argument("<ID>")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred projects deliveries show 8fQ2… --project acme/site --json | jq -r .body | jq",
      ),
    )
    .action(async (id, { project, json }) => {
      const client = await connect({ project });
      const path = paths.delivery(client.project, encodeURIComponent(id));
      const delivery = await client.call(path, DeliveryViewSchema);
      if (json) return printJson(delivery);
      printTable(describe(delivery));
      print("");
      printTable(Object.entries(delivery.headers));
      print("");
      programOutput("stdout")(`${delivery.body}\n`);
    });
}

function replay(): CommandUnknownOpts {
  return createCommand("replay", "Process a delivery again, with the project's present settings")
    .argument("<ID>")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred projects deliveries replay 8fQ2… --project acme/site"))
    .action(async (id, { project, json = false }) => {
      const client = await connect({ project });
      const path = paths.replay(client.project, encodeURIComponent(id));
      const made = await client.call(path, DeliverySchema, { method: "POST" });
      printFacts(json, made, describe(made));
    });
}

function approve(): CommandUnknownOpts {
  return createCommand("approve", "Run a stranger's pull request that waits for it")
    .description(
      "For projects with --approve-strangers: runs the pull request of a held delivery, without secrets and caches as " +
        "every stranger's. Later ones of the same author run by themselves. Look at what it changes before.",
    )
    .argument("<ID>")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples("deferred projects deliveries approve 8fQ2… --project acme/site"),
    )
    .action(async (id, { project, json = false }) => {
      const client = await connect({ project });
      const path = paths.approveDelivery(client.project, encodeURIComponent(id));
      const made = await client.call(path, DeliverySchema, { method: "POST" });
      printFacts(json, made, describe(made));
    });
}

function describe(delivery: Delivery): string[][] {
  return [
    ["delivery", delivery.id],
    ["came", delivery.received_at],
    ["from", `${sourceOf(delivery)}: ${delivery.event}`],
    ...(delivery.replay_of === null ? [] : [["replays", delivery.replay_of]]),
    ["outcome", delivery.outcome],
    ["because", delivery.detail],
    ...(delivery.run === null ? [] : [["run", delivery.run]]),
  ];
}

function sourceOf(delivery: Delivery): string {
  return isFound(delivery) ? "found" : delivery.provider;
}
