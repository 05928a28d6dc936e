import { blockId, tokenDigest } from "../../blocks/digest.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { pagePaths, paths } from "../../protocol/paths.ts";
import type * as v from "valibot";
import { areStored } from "../../protocol/block-files.ts";
import {
  FileUploadsSchema,
  isBlockName,
  RegisteredBlockViewSchema,
  type ChangeBlockSchema,
  type PublishRequest,
  type RegisteredBlockView,
} from "../../protocol/registered-blocks.ts";
import { putBytes } from "../api/call.ts";
import type { Client } from "../api/client.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import type { StoredBytes } from "../sign/parts.ts";
import { confirm } from "../terminal/confirm.ts";
import { tell } from "../terminal/print.ts";

const PUBLISHING = { doing: "publishing", undone: "nothing was published" };

/** Says what of the blocks becomes public, and asks unless `yes`. Throws `CliError` where the answer is no. */
export async function confirmPublic(
  { serverUrl, project }: Client,
  ids: readonly string[],
  { as, yes }: { as: string | undefined; yes: boolean },
): Promise<void> {
  for (const id of ids) tell(serverUrl + pagePaths.block(project, id));
  if (as !== undefined) {
    tell(`${serverUrl}${pagePaths.block(project, as)} then leads to it, and no longer to another.`);
  }
  tell(
    `Anybody can then see there: the code and the code it builds on, title, inputs and limits, names and sizes of files, ${project} and the key that signed, and the last result with its files.`,
    "Anybody can run it there, and on other sites by its script and its frame. Its set-up is not shown, nor are the bytes of its files.",
    "deferred unpublish takes the page away again.",
  );
  if (!yes)
    await confirm(ids.length === 1 ? "Publish it?" : `Publish ${ids.length} blocks?`, PUBLISHING);
}

/** The id that the server gives a block. */
export function idOfToken(token: string): string {
  return blockId(tokenDigest(inspectBlock(token).token));
}

/** `stored`: files that the server may lack. Throws `CliError`. */
export async function publishBlock(
  client: Client,
  body: PublishRequest,
  stored: StoredBytes,
): Promise<RegisteredBlockView> {
  await uploadFiles(client, body.block, stored);
  const options = { method: "POST", body } as const;
  return client.call(paths.projectBlocks(client.project), RegisteredBlockViewSchema, options);
}

/** Uploads the files of the block that the server has to store and lacks. Throws `CliError`. */
export async function uploadFiles(
  client: Client,
  block: string,
  stored: StoredBytes,
): Promise<void> {
  if (!areStored(inspectBlock(block).claims.files)) return;
  const options = { method: "POST", body: { block } } as const;
  const path = paths.blockFiles(client.project);
  const { uploads } = await client.call(path, FileUploadsSchema, options);
  for (const { path: name, sha256, url, headers } of uploads) {
    const bytes = stored.get(sha256);
    if (bytes === undefined) {
      throw new CliError(`the server lacks ${name}, as it was when the block was signed`, {
        hint: `publish the block with --file ${name}`,
        exitCode: EXIT.refused,
      });
    }
    await putBytes(url, headers, bytes);
  }
}

/** Publishes a block that the server keeps, or takes its page away. */
export function changeBlock(
  client: Client,
  id: string,
  body: v.InferOutput<typeof ChangeBlockSchema>,
): Promise<RegisteredBlockView> {
  const options = { method: "PATCH", body } as const;
  return client.call(paths.projectBlock(client.project, id), RegisteredBlockViewSchema, options);
}

/** The address to give away: that of its name, where it was published as one. */
export function addressOf({ page_url, name_url }: RegisteredBlockView, as?: string): string {
  return as === undefined ? page_url : (name_url ?? page_url);
}

/** A name for `--as`. Throws `UsageError`. */
export function parseName(text: string): string {
  if (isBlockName(text)) return text;
  throw new UsageError(
    "--as takes small letters, digits and -, beginning with a letter, 40 at most, and no block's id: --as resume",
  );
}
