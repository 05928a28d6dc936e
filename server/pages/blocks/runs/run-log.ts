import type { RunEvent } from "../../../../protocol/events.ts";
import type { ReadLog } from "../../../runs/log-reads.ts";

/** Most batches of a run's log that one page reads; a program of many tiny writes has more. */
const MAX_BATCHES = 40;

export interface RunLog {
  /** Events of all attempts other than output. */
  changes: RunEvent[];
  /** All events of the last attempt. */
  events: RunEvent[];
  /** The number of the last event that was read. */
  last: number;
}

/** Reads a run's log, up to the event `until` where it is given. */
export async function readRunLog(
  run: string,
  readLog: ReadLog,
  until = Number.POSITIVE_INFINITY,
): Promise<RunLog> {
  const changes: RunEvent[] = [];
  let events: RunEvent[] = [];
  let last = 0;
  for (let batch = 0; batch < MAX_BATCHES && last < until; batch++) {
    const part = await readLog(run, last);
    const wanted = part.events.filter(({ id }) => id <= until);
    for (const event of wanted) {
      if (event.type === "attempt_started") events = [];
      events.push(event);
      if (event.type !== "output") changes.push(event);
    }
    last = part.events.at(-1)?.id ?? last;
    if (!part.more) break;
  }
  return { changes, events, last: Math.min(last, until) };
}
