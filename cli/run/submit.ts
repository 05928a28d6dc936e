import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { paths } from "../../protocol/paths.ts";
import {
  RunCreatedSchema,
  RunStateSchema,
  type RunCreated,
  type RunState,
} from "../../protocol/run.ts";
import { call, RefusedError } from "../api/call.ts";
import { duration } from "../../protocol/words.ts";
import { note } from "../terminal/print.ts";

const MAX_TRIES = 4;
const TRANSIENT = [429, 502, 503, 504];
const MAX_PAUSE_S = 30;

const StateSchema = v.object({ state: RunStateSchema });

/** Requests a run; a busy or restarting server is asked again, with the same idempotency key. */
export async function submitRun(
  url: string,
  { body, origin, token }: { body: unknown; origin?: string | undefined; token?: string },
): Promise<RunCreated> {
  const headers: Record<string, string> = { "idempotency-key": randomUUID() };
  if (origin !== undefined) headers["origin"] = origin;
  for (let tried = 1; ; tried++) {
    try {
      return await call(url, RunCreatedSchema, { method: "POST", body, headers, token });
    } catch (error) {
      const isTransient = error instanceof RefusedError && TRANSIENT.includes(error.status);
      if (!isTransient || tried === MAX_TRIES) throw error;
      const pauseS = Math.min(error.retryAfterS ?? 2 ** tried / 2, MAX_PAUSE_S);
      note(`${error.message}\ntrying again in ${duration(pauseS)}`);
      await sleep(pauseS * 1000);
    }
  }
}

/** Leaves a run, which cancels it if nobody else waits for it. Resolves with its state then. */
export async function cancelRun(
  serverUrl: string,
  id: string,
  token: string | undefined,
): Promise<RunState | undefined> {
  if (token === undefined) return undefined;
  const options = { method: "DELETE", token } as const;
  return (await call(serverUrl + paths.run(id), StateSchema, options)).state;
}
