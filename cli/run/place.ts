import { positionWords } from "../../protocol/words.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../../protocol/events.ts";
import { RunViewSchema } from "../../protocol/run.ts";
import { call } from "../api/call.ts";

/** A run that waits, and the token that reads it if it is not public. */
interface Waiting {
  run_url: string;
  token?: string | undefined;
}

const FIRST_LOOK_S = 1;
/** A run far behind in line asks less often. */
const LONGEST_PAUSE_S = 60;
const WAITING: readonly RunEvent["type"][] = ["queued", "waking", "retrying"];

/**
 * Polls a run's place in line while it waits: its events do not carry it. The first request comes after a second, as
 * a free machine takes less. `first` is called with the first place found.
 */
export function followPlace(run: Waiting, first: (position: number) => void = () => {}) {
  let position: number | undefined;
  let looking: AbortController | undefined;

  async function look(signal: AbortSignal): Promise<void> {
    for (let pauseS = FIRST_LOOK_S; ; pauseS = Math.min(LONGEST_PAUSE_S, 2 + (position ?? 0))) {
      await sleep(pauseS * 1000, undefined, { signal, ref: false });
      const known = position !== undefined;
      ({ position } = await call(run.run_url, RunViewSchema, { token: run.token, signal }));
      if (!known && position !== undefined) first(position);
    }
  }

  const end = () => {
    looking?.abort();
    looking = undefined;
    position = undefined;
  };
  return {
    end,

    /** The last known place, in words. */
    get text(): string | undefined {
      return position === undefined ? undefined : positionWords(position);
    },

    onEvent({ type }: RunEvent): void {
      if (!WAITING.includes(type)) return end();
      if (looking) return;
      looking = new AbortController();
      // The stream of events meets the same failure and reports it.
      look(looking.signal).catch(() => {});
    },
  };
}
