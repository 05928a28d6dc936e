import { existsSync } from "node:fs";
import { type Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { inspectBlock } from "../../blocks/inspect.ts";
import { paths } from "../../protocol/paths.ts";
import {
  BLOCK_ID,
  isBlockName,
  RegisteredBlockViewSchema,
  WholeBlockSchema,
  type PublishRequest,
  type RegisteredBlockView,
} from "../../protocol/registered-blocks.ts";
import { connect, type Client } from "../api/client.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { examples } from "../command/help.ts";
import { collect, JSON_OUTPUT, PROJECT, YES } from "../command/options.ts";
import { findSignedBlocks, readBlockSource, type FoundBlock } from "../page/source.ts";
import { confirm } from "../terminal/confirm.ts";
import { print, printJson, tell } from "../terminal/print.ts";
import { readStored, type StoredBytes } from "../sign/parts.ts";
import {
  addressOf,
  changeBlock,
  confirmPublic,
  idOfToken,
  parseName,
  publishBlock,
  uploadFiles,
} from "./publish-block.ts";

export function publish(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Takes a page, the output of deferred sign, or the id of a block that ran, as deferred blocks list shows it. " +
        "The block gets a public page with Run, a script tag, a frame and an address for curl. The same signed block " +
        "always has the same address.",
    )
    .argument("<FILE|URL|ID|->")
    .option(
      "--file <PATH>",
      "File of a block that the server stores and lacks, repeatable",
      collect,
    )
    .option(
      "--as <NAME>",
      "Name whose address leads to the newest block published as it",
      parseName,
    )
    .option(...PROJECT)
    .option(...YES)
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples(
        "deferred publish hello.html",
        "deferred sign hello.rb --format json | deferred publish - --yes",
        "deferred publish resume.html --as resume",
        "deferred publish 4f0m2xkq7c9d1ajz",
      ),
    )
    .action(async (name, { as, file = [], project, yes = false, json = false }) => {
      const client = await connect({ project });
      const stored = await readStored(file);
      const published =
        BLOCK_ID.test(name) && !existsSync(name)
          ? [await publishKept(client, name, { as, stored, yes })]
          : await publishFound(client, name, { as, stored, yes });
      if (json) printJson({ blocks: published });
      else for (const block of published) print(addressOf(block, as));
    });
}

export function unpublish(command: Command): CommandUnknownOpts {
  return command
    .description(
      "Takes the id of a published block, the name that it was published as, or the address of its page. The page, " +
        "its script and its frame answer 410 from then on. Pages that hold the block's own tag still run it: deferred revoke stops that. It can be published again.",
    )
    .argument("<ID|NAME|URL>")
    .option(...PROJECT)
    .option(...YES)
    .option(...JSON_OUTPUT)
    .addHelpText(
      "after",
      examples("deferred unpublish 4f0m2xkq7c9d1ajz", "deferred unpublish resume"),
    )
    .action(async (name, { project, yes, json }) => {
      const client = await connect({ project });
      const id = await findId(client, name);
      tell(
        "Its page, its script on other sites and its frames stop working.",
        "Files of it that the server stores are removed.",
      );
      if (!yes) await confirm(`Take ${id} away?`, UNPUBLISHING);
      const block = await changeBlock(client, id, { published: false });
      if (json) printJson(block);
      else print(`unpublished ${id}`);
    });
}

/** The id of the block that `text` is the id, the name or the page's address of. Throws `CliError`. */
async function findId(client: Client, text: string): Promise<string> {
  const idOrName = /\/blocks\/([0-9a-z-]+)/.exec(text)?.[1] ?? text;
  if (BLOCK_ID.test(idOrName)) return idOrName;
  if (!isBlockName(idOrName)) {
    throw new CliError(`"${text}" is no block's id or name, nor the address of its page`, {
      hint: "deferred blocks list shows the ids and names",
      exitCode: EXIT.usage,
    });
  }
  const { id } = await client.call(
    paths.projectBlock(client.project, idOrName),
    RegisteredBlockViewSchema,
  );
  tell(`${idOrName} leads to ${id}.`);
  return id;
}

const UNPUBLISHING = { doing: "unpublishing", undone: "nothing was changed" };

interface PublishOptions {
  as: string | undefined;
  stored: StoredBytes;
  yes: boolean;
}

async function publishKept(
  client: Client,
  id: string,
  { as, stored, yes }: PublishOptions,
): Promise<RegisteredBlockView> {
  await confirmPublic(client, [id], { as, yes });
  const { block } = await client.call(paths.projectBlock(client.project, id), WholeBlockSchema);
  await uploadFiles(client, block, stored);
  return changeBlock(client, id, { published: true, as });
}

async function publishFound(
  client: Client,
  name: string,
  { as, stored, yes }: PublishOptions,
): Promise<RegisteredBlockView[]> {
  const found = findSignedBlocks(await readBlockSource(name));
  const requests = found.map(requestOf).filter(({ block }) => isOwn(client, block));
  if (requests.length === 0) {
    throw new CliError(`${name} holds no block of ${client.project}`, {
      hint: "sign it first: deferred sign FILE --publish",
    });
  }
  if (as !== undefined && requests.length > 1) {
    throw new UsageError(`--as names one block, and ${name} holds ${requests.length}`);
  }
  await confirmPublic(
    client,
    requests.map(({ block }) => idOfToken(block)),
    { as, yes },
  );
  const published: RegisteredBlockView[] = [];
  for (const request of requests)
    published.push(await publishBlock(client, { ...request, as }, stored));
  return published;
}

function isOwn({ project }: Client, block: string): boolean {
  return inspectBlock(block).claims.iss === project;
}

/** Throws `CliError` for a token without its code, and for other code than was signed. */
function requestOf({ block, code, differs, sent }: FoundBlock): PublishRequest {
  if (code === undefined) {
    throw new CliError("this is a token without its code", {
      hint: "give it the whole tag, or what --format json prints",
    });
  }
  if (differs !== undefined) {
    throw new CliError(`the code is not the code that was signed: ${differs}`, {
      hint: "sign it again",
      exitCode: EXIT.refused,
    });
  }
  return { block, code, ...sent };
}
