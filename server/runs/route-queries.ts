import type { Context } from "hono";
import { ApiError } from "../../protocol/deferred-error.ts";
import { MAX_FOLLOWED_RUNS, MAX_RESULT_BLOCKS } from "../../protocol/sizes.ts";

/** The event after which a run is followed; the event source's own header wins over the query. */
export function cursorOf(c: Context): number {
  const header = c.req.header("last-event-id");
  const after = header || c.req.query("after") || "0";
  if (/^\d{1,9}$/.test(after)) return Number(after);
  throw header
    ? new ApiError("header_invalid", "Last-Event-ID: the number of an event.")
    : new ApiError("query_invalid", "after: the number of an event.");
}

/** The same for many runs: `<id>:<after>,…`, with `:0` optional. */
export function cursorsOf(c: Context): Map<string, number> {
  const header = c.req.header("last-event-id");
  const refuse = (why: string) =>
    header
      ? new ApiError("header_invalid", `Last-Event-ID: ${why}`)
      : new ApiError("query_invalid", `runs: ${why}`);
  const cursors = new Map<string, number>();
  for (const part of (header || c.req.query("runs") || "").split(",")) {
    const match = /^([0-9a-z]{1,64})(?::(\d{1,9}))?$/.exec(part);
    if (!match) throw refuse("<id>:<after>, separated by commas.");
    cursors.set(match[1]!, Number(match[2] ?? 0));
  }
  if (cursors.size > MAX_FOLLOWED_RUNS) throw refuse(`${MAX_FOLLOWED_RUNS} at most.`);
  return cursors;
}

/** The tokens of blocks whose stored results are asked for: `block=…&block=…`. */
export function tokensOf(c: Context): string[] {
  const tokens = c.req.queries("block") ?? [];
  if (tokens.length > 0 && tokens.length <= MAX_RESULT_BLOCKS) return tokens;
  throw new ApiError(
    "query_invalid",
    `block: the token of a block, 1 to ${MAX_RESULT_BLOCKS} times.`,
  );
}
