import { inspectBlock } from "../../../blocks/inspect.ts";
import type { BlockClaims } from "../../../protocol/claims.ts";
import type { RequestParts } from "../../../protocol/requests.ts";

/** A block that has pages of its own, wherever its token and code come from. */
export interface ShownBlock {
  /** Verified where the block is found: signature, revocation and times. */
  token: string;
  /** Canonical code. */
  code: string;
  /** Parts that a run needs beside the code. */
  parts: RequestParts;
  /** Path of its page, below which the others lie. */
  path: string;
  /** Path of this very block, where `path` may lead to another one later. */
  ownPath?: string;
  /** Its project, which signed it. */
  project: string;
  /** Its name where the token has no title. */
  name?: string;
  /** Where code and token are kept, if not on this server. */
  source?: { text: string; url: string | undefined };
  /** Address of the script that puts the block into another page, if there is one. */
  scriptPath?: string;
  /** When it was published, in milliseconds since 1970. */
  publishedAt?: number;
}

/** A shown block with the claims of its token. */
export interface ClaimedBlock extends ShownBlock {
  claims: BlockClaims;
  kid: string;
  /** Its name on pages, in feeds and in pictures. */
  title: string;
}

export function claimedBlock(block: ShownBlock): ClaimedBlock {
  const { claims, header } = inspectBlock(block.token);
  const title = claims.title ?? block.name ?? `${claims.runtime} block of ${block.project}`;
  return { ...block, claims, kid: header.kid, title };
}
