import { verifyFiles, verifyParts } from "../../../blocks/parts.ts";
import {
  verifyCode,
  verifyToken,
  type BlockRegistry,
  type VerifiedBlock,
} from "../../../blocks/verify.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { PublishRequest } from "../../../protocol/registered-blocks.ts";
import { blockTitle } from "./block-title.ts";
import type { BlockFiles } from "./files.ts";
import type { CheckedBlock } from "./registered-block.ts";

export interface CheckBlockOptions {
  registry: BlockRegistry;
  /** The project that publishes. */
  project: string;
  /** This server's URL. */
  audience: string;
  now: number;
  /** Throws unless storage holds the files that it has to. */
  checkFiles: BlockFiles["check"];
}

/**
 * Checks a block that its project publishes: its signature, its code as signed, and everything that a run needs. The
 * origins of its pages do not matter, since its own page is at this server. Throws `ApiError`.
 */
export async function checkBlock(
  request: PublishRequest,
  options: CheckBlockOptions,
): Promise<CheckedBlock> {
  const { project } = options;
  const { claims, digest } = await verifyOwnToken(request.block, options);
  const { code, edited } = verifyCode(claims, request.code);
  if (edited) throw new ApiError("code_mismatch");
  verifyParts(claims, request, code);
  const files = verifyFiles(claims, request);
  await options.checkFiles({ project, digest, files: claims.files });
  const { before, setup } = request;
  const { runtime } = claims;
  const parts = { before, setup, files };
  return {
    project,
    digest,
    token: request.block,
    code,
    parts,
    title: blockTitle(claims, code),
    runtime,
  };
}

/** Checks the token of a block that its project is about to publish. Throws `ApiError`. */
export async function verifyOwnToken(
  block: string,
  { registry, project, audience, now }: Omit<CheckBlockOptions, "checkFiles">,
): Promise<VerifiedBlock> {
  const verified = await verifyToken(block, {
    registry: { ...registry, hasPage: async () => true },
    audience,
    origin: audience,
    now,
  });
  const { iss } = verified.claims;
  if (iss !== project) throw new ApiError("block_not_own", `${iss} signed it.`);
  return verified;
}
