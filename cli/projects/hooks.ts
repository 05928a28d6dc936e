import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import {
  OUTGOING_EVENTS,
  OutgoingHookListSchema,
  OutgoingHookSchema,
} from "../../protocol/notices.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { collectList, JSON_OUTPUT, PROJECT } from "../command/options.ts";
import { print, printFacts } from "../terminal/print.ts";

const EXAMPLE = "deferred projects hooks add https://chat.example/hooks/ci --project acme/site";

export function hooks(): CommandUnknownOpts {
  return createCommand("hooks", "Add, list and remove the webhooks that a project sends")
    .addCommand(add())
    .addCommand(list(), { isDefault: true })
    .addCommand(remove())
    .addHelpText("after", examples(EXAMPLE));
}

function add(): CommandUnknownOpts {
  return createCommand("add", "Send a webhook to this address when a run starts or ends")
    .description(
      "Each is signed as Standard Webhooks says; the secret is printed once, here. A webhook that is not accepted is " +
        "sent again with backoff, for about two days.",
    )
    .argument("<URL>")
    .option(...PROJECT)
    .option("--event <NAME>", `${OUTGOING_EVENTS.join(" or ")} (default: run.ended)`, collectList)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples(EXAMPLE))
    .action(async (url, { project, event: events, json = false }) => {
      const client = await connect({ project });
      const path = paths.outgoingHooks(client.project);
      const body = { url, events };
      const made = await client.call(path, OutgoingHookSchema, { method: "POST", body });
      printFacts(json, made, [
        ["hook", made.id],
        ["sends to", made.url],
        ["events", made.events.join(", ")],
        ["secret", made.secret ?? ""],
      ]);
    });
}

function list(): CommandUnknownOpts {
  return createCommand("list", "List the webhooks that a project sends")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred projects hooks list --project acme/site"))
    .action(async ({ project, json = false }) => {
      const client = await connect({ project });
      const answer = await client.call(paths.outgoingHooks(client.project), OutgoingHookListSchema);
      const rows = answer.outgoing_hooks.map(({ id, url, events }) => [id, events.join(", "), url]);
      printFacts(json, answer, [["HOOK", "EVENTS", "SENDS TO"], ...rows]);
    });
}

function remove(): CommandUnknownOpts {
  return createCommand("remove", "Stop sending a webhook")
    .argument("<ID>", "A hook's id, as projects hooks list shows it")
    .option(...PROJECT)
    .addHelpText("after", examples("deferred projects hooks remove 8fQ2… --project acme/site"))
    .action(async (id, { project }) => {
      const client = await connect({ project });
      const path = paths.outgoingHook(client.project, encodeURIComponent(id));
      await client.call(path, v.unknown(), { method: "DELETE" });
      print(`removed ${id}`);
    });
}
