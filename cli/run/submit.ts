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
import { call, RefusedError } from "../api.ts";
import { duration } from "../../protocol/words.ts";
import { note } from "../print.ts";

const TRIES = 4;
const PASSING = [429, 502, 503, 504];
const LONGEST_PAUSE_S = 30;

const StateSchema = v.object({ state: RunStateSchema });

/** Asks for a run at `url`; a server that is busy or restarting is asked again, with the same key. */
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
      const passing = error instanceof RefusedError && PASSING.includes(error.status);
      if (!passing || tried === TRIES) throw error;
      const pauseS = Math.min(error.retryAfterS ?? 2 ** tried / 2, LONGEST_PAUSE_S);
      note(`${error.message}\ntrying again in ${duration(pauseS)}`);
      await sleep(pauseS * 1000);
    }
  }
}

/** Leaves a run; it is canceled where nobody else waits for it. Resolves with the state it is in then. */
export async function cancelRun(
  serverUrl: string,
  id: string,
  token: string | undefined,
): Promise<RunState | undefined> {
  if (token === undefined) return undefined;
  const options = { method: "DELETE", token } as const;
  return (await call(serverUrl + paths.run(id), StateSchema, options)).state;
}
