import { blockId, tokenDigest } from "../../blocks/digest.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { pagePaths, paths } from "../../protocol/paths.ts";
import {
  RegisteredBlockViewSchema,
  type PublishRequest,
  type RegisteredBlockView,
} from "../../protocol/registered-blocks.ts";
import type { Client } from "../api/client.ts";
import { confirm } from "../terminal/confirm.ts";
import { tell } from "../terminal/print.ts";

const PUBLISHING = { doing: "publishing", undone: "nothing was published" };

/** Says what of the blocks becomes public, and asks unless `yes`. Throws `CliError` where the answer is no. */
export async function confirmPublic(
  { serverUrl, project }: Client,
  ids: readonly string[],
  yes: boolean,
): Promise<void> {
  for (const id of ids) tell(serverUrl + pagePaths.block(project, id));
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

export function publishBlock(client: Client, body: PublishRequest): Promise<RegisteredBlockView> {
  const options = { method: "POST", body } as const;
  return client.call(paths.projectBlocks(client.project), RegisteredBlockViewSchema, options);
}

/** Publishes a block that the server keeps, or takes its page away. */
export function changeBlock(
  client: Client,
  id: string,
  published: boolean,
): Promise<RegisteredBlockView> {
  const options = { method: "PATCH", body: { published } } as const;
  return client.call(paths.projectBlock(client.project, id), RegisteredBlockViewSchema, options);
}
