import { Hono } from "hono";
import { verifyToken, type BlockRegistry } from "../../blocks/verify.ts";
import {
  BlockChecksRequestSchema,
  BlockChecksSchema,
  type BlockCheck,
} from "../../protocol/requests.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import { ERRORS } from "../../protocol/errors.ts";
import { paths } from "../../protocol/paths.ts";
import { MAX_CHECKED_BLOCKS, MAX_TOKEN_BYTES } from "../../protocol/sizes.ts";
import type { CallerLimits } from "../http/limits/callers.ts";
import { jsonBody } from "../http/json-body.ts";
import { describe } from "../http/openapi/describe.ts";

export interface BlockChecksDeps {
  registry: BlockRegistry;
  /** This server's URL. */
  audience: string;
  callers: Pick<CallerLimits, "countRead">;
  now: () => number;
}

/** Says of tokens whether the server would take them. Whoever holds a token may run it, so this tells nothing new. */
export function blockCheckRoutes({ registry, audience, callers, now }: BlockChecksDeps) {
  const app = new Hono();
  app.post(paths.blockChecks, docs, async (c) => {
    callers.countRead(c);
    const most = MAX_CHECKED_BLOCKS * (MAX_TOKEN_BYTES + 8);
    const { blocks } = await jsonBody(c, BlockChecksRequestSchema, most);
    const checks: (BlockCheck | null)[] = [];
    for (const block of blocks) checks.push(await check(block));
    return c.json({ checks }, 200, { "cache-control": "no-store" });
  });
  return app;

  async function check(block: string): Promise<BlockCheck | null> {
    try {
      await verifyToken(block, { registry, audience, origin: null, now: now() });
      return null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // From which page it comes is not known here.
      if (error.code === "origin_refused") return null;
      return { code: error.code, detail: ERRORS[error.code][1] };
    }
  }
}

const docs = describe({
  tag: "Runs",
  summary: "Check whether blocks would be run",
  description:
    "For what builds and checks pages: signature, key, revocation, times and audience of each token, without a run. The page's origin is not checked.",
  body: BlockChecksRequestSchema,
  answers: {
    200: [
      "For each block, in their order: null, or the error that a run would end with.",
      BlockChecksSchema,
    ],
  },
  errors: ["rate_limited"],
});
