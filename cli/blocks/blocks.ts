import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { paths } from "../../protocol/paths.ts";
import {
  RegisteredBlockListSchema,
  WholeBlockSchema,
  type RegisteredBlockView,
} from "../../protocol/registered-blocks.ts";
import { plainLine } from "../../protocol/terminal-text.ts";
import { connect } from "../api/client.ts";
import { createCommand } from "../command/command.ts";
import { examples } from "../command/help.ts";
import { JSON_OUTPUT, PROJECT } from "../command/options.ts";
import { formatAge } from "../terminal/age.ts";
import type { ColumnCell } from "../terminal/columns.ts";
import { note, print, printFacts, printJson, programOutput } from "../terminal/print.ts";

export function blocks(command: Command): CommandUnknownOpts {
  return command
    .description(
      "The server keeps a block that was published or that ran. A block that merely ran has no public page.",
    )
    .addCommand(list())
    .addCommand(show())
    .addHelpText(
      "after",
      examples("deferred blocks list", "deferred blocks show 4f0m2xkq7c9d1ajz"),
    );
}

function list(): CommandUnknownOpts {
  return createCommand("list", "List a project's registered blocks, newest first")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText("after", examples("deferred blocks list", "deferred blocks list --json"))
    .action(async ({ project, json = false }) => {
      const client = await connect({ project });
      const path = paths.projectBlocks(client.project);
      const { blocks: found } = await client.call(path, RegisteredBlockListSchema);
      printFacts(json, { blocks: found }, formatBlocks(found));
      if (found.length === 0) note(`${client.project} has no block yet: deferred publish adds one`);
    });
}

function show(): CommandUnknownOpts {
  return createCommand("show", "Show a registered block: its facts, then its code")
    .argument("<ID|NAME>", "As blocks list shows it")
    .option(...PROJECT)
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples("deferred blocks show 4f0m2xkq7c9d1ajz", "deferred blocks show resume"),
    )
    .action(async (id, { project, json = false }) => {
      const client = await connect({ project });
      const path = paths.projectBlock(client.project, encodeURIComponent(id));
      const block = await client.call(path, WholeBlockSchema);
      if (json) return printJson(block);
      print(`${block.id}  ${block.state}  ${block.runtime}  ${block.title ?? ""}`.trimEnd());
      print(`signed ${block.signed_at} with ${block.kid}, jti ${block.jti}`);
      if (block.state === "published") print(block.page_url);
      if (block.name !== null) print(`published as ${block.name}`);
      print("");
      programOutput("stdout")(block.code);
    });
}

function formatBlocks(found: readonly RegisteredBlockView[]): ColumnCell[][] {
  if (found.length === 0) return [];
  const now = Date.now();
  const rows = found.map((block) => [
    block.id,
    block.state,
    block.name ?? "",
    block.runtime,
    String(block.runs),
    String(block.failures),
    block.last_run_at === null ? "never" : formatAge(block.last_run_at, now),
    formatAge(block.registered_at, now),
    plainLine(block.title ?? "", 60),
  ]);
  return [
    ["BLOCK", "STATE", "NAME", "RUNTIME", "RUNS", "FAILED", "LAST RUN", "SINCE", "TITLE"],
    ...rows,
  ];
}
