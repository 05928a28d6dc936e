import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { plainLine } from "../../../protocol/terminal-text.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { detectCrawler } from "../../http/requests/crawlers.ts";
import { problemOf } from "../../http/problem.ts";
import { followRuns, type FollowDeps } from "../../runs/follow.ts";
import { encodeText } from "../../runs/encode.ts";
import { reserveStream, text, type StreamAdmission } from "../../runs/stream.ts";
import { readInputs } from "./inputs.ts";
import { claimedBlock, type ShownBlock } from "./shown-block.ts";
import type { StartRun } from "./start-run.ts";

/** Programs that print what they fetch, for a person at a terminal. */
const TERMINAL = /^(?:curl|wget|httpie|xh)\//i;

/**
 * Whether the caller is a terminal: it asks for plain text, or is a program that prints and asks for anything. Other
 * programs that ask for anything get the page, since most of them make previews of links.
 */
export function isTerminalCall(c: Context): boolean {
  if (c.req.method !== "GET" || detectCrawler(c)) return false;
  const accept = c.req.header("accept") ?? "*/*";
  if (/^text\/plain\b/.test(accept)) return true;
  return accept === "*/*" && TERMINAL.test(c.req.header("user-agent") ?? "");
}

export interface TerminalDeps {
  following: FollowDeps;
  streamAdmission: StreamAdmission;
  startRun: StartRun;
}

/**
 * Runs the block and prints its output as it comes, with colours and no other control sequences. The last line says how
 * the run ended. `?NAME=VALUE` sets an input; `?raw=1` passes the output byte by byte.
 */
export async function printBlock(
  c: Context,
  find: () => Promise<ShownBlock>,
  { following, streamAdmission, startRun }: TerminalDeps,
): Promise<Response> {
  try {
    const block = await find();
    const { claims } = claimedBlock(block);
    const query = new URL(c.req.url).searchParams;
    const isInput = Object.hasOwn(claims.inputs ?? {}, "raw");
    const raw = !isInput && query.get("raw") === "1";
    const inputs = readInputs(claims.inputs, query, ["raw"]);
    const reserved = reserveStream(c, streamAdmission);
    const { id } = await startRun(c, block, inputs).catch(reserved.refused);
    const follow = (signal: AbortSignal) => followRuns(following, new Map([[id, 0]]), signal);
    return text(c, reserved, follow, encodeText({ raw, progress: true }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.code === "internal") throw error;
    return refusalText(c, error);
  }
}

/** A refusal in a line, since nobody reads JSON at a terminal. */
function refusalText(c: Context, { code, detail, retryAfterS }: ApiError): Response {
  const { title, status } = problemOf(code, detail);
  const sentence = plainLine([title, detail].filter(Boolean).join(" "), 1000);
  if (retryAfterS !== undefined) c.header("retry-after", String(retryAfterS));
  c.header("cache-control", "no-store");
  return c.text(`[${sentence}]\n`, status as ContentfulStatusCode);
}
