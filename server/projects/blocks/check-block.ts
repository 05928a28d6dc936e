import { verifyFiles, verifyParts } from "../../../blocks/parts.ts";
import { verifyCode, verifyToken, type BlockRegistry } from "../../../blocks/verify.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import type { PublishRequest } from "../../../protocol/registered-blocks.ts";
import type { CheckedBlock } from "./store.ts";

export interface CheckBlockOptions {
  registry: BlockRegistry;
  /** The project that publishes. */
  project: string;
  /** This server's URL. */
  audience: string;
  now: number;
}

/**
 * Checks a block that its project publishes: its signature, its code as signed, and everything that a run needs. The
 * origins of its pages do not matter, since its own page is at this server. Throws `ApiError`.
 */
export async function checkBlock(
  request: PublishRequest,
  { registry, project, audience, now }: CheckBlockOptions,
): Promise<CheckedBlock> {
  const { claims, digest } = await verifyToken(request.block, {
    registry: { ...registry, isPublished: async () => true },
    audience,
    origin: audience,
    now,
  });
  if (claims.iss !== project) {
    throw new ApiError("block_not_own", `${claims.iss} signed it.`);
  }
  const { code, edited } = verifyCode(claims, request.code);
  if (edited) throw new ApiError("code_mismatch");
  verifyParts(claims, request, code);
  const files = verifyFiles(claims, request);
  const { before, setup } = request;
  return { project, digest, token: request.block, code, parts: { before, setup, files } };
}
