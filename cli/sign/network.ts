import { paths } from "../../protocol/paths.ts";
import { ProjectViewSchema } from "../../protocol/projects.ts";
import {
  allowedNetwork,
  networkText,
  type BlockNetwork,
  type Network,
} from "../../protocol/network.ts";
import type { Author } from "../api/author.ts";
import { connect } from "../api/client.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";

const TIMEOUT_MS = 5_000;

/**
 * Notes on the network that a block asks for, if its server answers. Throws `CliError` if the project does not allow
 * it: no reader could run the block.
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

async function askPolicy({ project }: Author): Promise<BlockNetwork> {
  const client = await connect({ project, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return (await client.call(paths.project(project), ProjectViewSchema)).settings.block_network;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}
