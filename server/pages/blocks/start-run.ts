import type { Context } from "hono";
import type { Inputs } from "../../../protocol/claims.ts";
import type { CallerLimits } from "../../http/limits/callers.ts";
import { detectCrawler } from "../../http/requests/crawlers.ts";
import type { Runs } from "../../runs/runs.ts";
import type { ShownBlock } from "./shown-block.ts";

export interface StartRunDeps {
  runs: Pick<Runs, "create">;
  callers: Pick<CallerLimits, "countRequest">;
  /** The server's public URL. */
  url: string;
}

/** Finds or makes the run of a block that a page of this server asks for. Throws `ApiError`. */
export type StartRun = (
  c: Context,
  block: ShownBlock,
  inputs: Inputs,
) => Promise<{ id: string; finished: boolean }>;

/** The same limits as for a press. HEAD, crawlers and prefetching browsers get a run that exists, and never start one. */
export function createStartRun({ runs, callers, url }: StartRunDeps): StartRun {
  const { origin } = new URL(url);
  return async function startRun(c, { token, code, parts }, inputs) {
    callers.countRequest(c);
    const crawlerHeader = c.req.method === "HEAD" ? "method" : detectCrawler(c);
    const request = { block: token, code, ...parts, inputs };
    const from = { origin, idempotencyKey: undefined, crawlerHeader };
    const { answer, finished } = await runs.create(request, from);
    return { id: answer.id, finished };
  };
}
