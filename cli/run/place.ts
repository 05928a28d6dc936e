import { positionWords } from "../../protocol/words.ts";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../../protocol/events.ts";
import { RunViewSchema } from "../../protocol/run.ts";
import { call } from "../api.ts";

/** A run that waits: where its view is, and what reads it where not everybody may. */
interface Waiting {
  run_url: string;
  token?: string | undefined;
}

const FIRST_LOOK_S = 1;
/** Those far behind in the line look more seldom. */
const LONGEST_PAUSE_S = 60;
const WAITING: readonly RunEvent["type"][] = ["queued", "waking", "retrying"];

/**
 * The place in line of a run, which its events do not tell: asked for while it waits, from the moment that
 * this takes longer than a machine which is there would. `first` is called with the first place found.
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

    /** The place that was found last, in words. */
    get text(): string | undefined {
      return position === undefined ? undefined : placeText(position);
    },

    heard({ type }: RunEvent): void {
      if (!WAITING.includes(type)) return end();
      if (looking) return;
      looking = new AbortController();
      // Whatever keeps it from looking, the stream of events meets as well, and tells.
      look(looking.signal).catch(() => {});
    },
  };
}

export function placeText(position: number): string {
  return positionWords(position);
}
