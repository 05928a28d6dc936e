import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { RunEventSchema, RunEventBodySchema, type RunEvent } from "../../protocol/events.ts";
import { parseJson, RefusedError, request } from "../api/call.ts";
import { CliError } from "../errors/cli-error.ts";
import { EXIT } from "../errors/exit-codes.ts";
import { streamEvents } from "./event-stream.ts";

/** How long the stream may stay broken. */
const TIMEOUT_MS = 60_000;
const MAX_PAUSE_MS = 5_000;

const KnownTypeSchema = v.object({
  type: v.picklist(RunEventBodySchema.options.map(({ entries }) => entries.type.literal)),
});

class UnknownEventError extends CliError {
  constructor(url: string) {
    super(`${url} tells of events that this version does not understand`, {
      hint: "use the same version of deferred as the server's",
      exitCode: EXIT.errored,
    });
  }
}

/** The address of a run's events, and the token that reads them if they are not public. */
export interface Followed {
  events_url: string;
  token?: string | undefined;
}

/**
 * The events of a run up to its end, each once and in order: a broken connection is resumed after the last one.
 * Throws `CliError` once the server was out of reach for a minute.
 */
export async function* follow(
  run: Followed,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void, undefined> {
  let last = 0;
  let brokenSince: number | undefined;
  let pause = 100;
  while (!signal.aborted) {
    try {
      for await (const event of connection(run, last, signal)) {
        brokenSince = undefined;
        pause = 100;
        if (event.id <= last) continue;
        last = event.id;
        yield event;
        if (event.type === "ended") return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RefusedError && error.status < 500) throw error;
      if (error instanceof UnknownEventError) throw error;
    }
    brokenSince ??= performance.now();
    if (performance.now() - brokenSince > TIMEOUT_MS) {
      throw new CliError("the server can't be reached any more; the run may still go on", {
        // A run that not everybody may read needs the token, which is on no command line.
        hint:
          run.token === undefined
            ? `curl -N ${run.events_url}`
            : `deferred logs -f ${run.events_url.replace(/\/events$/, "")}`,
        exitCode: EXIT.unreachable,
      });
    }
    await sleep(pause, undefined, { signal }).catch(() => {});
    pause = Math.min(pause * 2, MAX_PAUSE_MS);
  }
}

async function* connection(
  { events_url, token }: Followed,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void, undefined> {
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (after > 0) headers["last-event-id"] = String(after);
  const response = await request(events_url, { headers, signal, token });
  if (!response.body) return;
  for await (const { data } of streamEvents(response.body)) {
    const told = parseJson(data);
    const event = v.safeParse(RunEventSchema, told);
    if (event.success) yield event.output;
    // A newer server may tell of more kinds of events; one of a known kind has to be whole.
    else if (v.is(KnownTypeSchema, told)) throw new UnknownEventError(events_url);
  }
}
