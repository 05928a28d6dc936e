import { paths } from "../../protocol/paths.ts";
import { ProjectViewSchema } from "../../protocol/projects.ts";
import { allowedNetwork, networkText, type Network } from "../../protocol/network.ts";
import { call } from "../api.ts";
import { readOwnerToken, type Author } from "../author.ts";
import { CliError } from "../cli-error.ts";
import { EXIT } from "../exit-codes.ts";

const ANSWER_MS = 5_000;

/**
 * What to know of the network that a block asks for, as far as its server can be asked. Throws `CliError` where the
 * project does not allow it: no reader could run the block.
 */
export async function networkNotes(author: Author, asked: Network): Promise<string[]> {
  if (asked === false) return [];
  const slug = author.project;
  const policy = await askPolicy(author).catch((error: unknown) => {
    if (error instanceof CliError || isTimeout(error)) return undefined;
    throw error;
  });
  if (policy === undefined) {
    return [
      `the server was not asked whether ${slug} lets its blocks reach ${networkText(asked)}: look with deferred projects show ${slug}`,
    ];
  }
  const allowed = allowedNetwork(asked, policy);
  if ("refused" in allowed) {
    const hosts = Array.isArray(asked) ? asked.join(",") : "HOST,…";
    throw new CliError(`${slug} does not allow this network. ${allowed.refused}`, {
      hint: `allow it first: deferred projects set ${slug} --block-network ${hosts}`,
      exitCode: EXIT.refused,
    });
  }
  return [`it may reach ${networkText(allowed.network)}`];
}

async function askPolicy(author: Author) {
  const token = await readOwnerToken(author);
  const signal = AbortSignal.timeout(ANSWER_MS);
  const url = author.serverUrl + paths.project(author.project);
  return (await call(url, ProjectViewSchema, { token, signal })).settings.block_network;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}
