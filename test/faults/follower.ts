import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../../protocol/events.ts";

/** What a client that follows a run to its end has seen. */
export interface Followed {
  events: RunEvent[];
  /** How often it had to connect again. */
  cuts: number;
  /** What is not as it ought to be, a sentence each. */
  wrong: string[];
}

/** Follows one run as an event source does: whatever cuts it off, it goes on after the last event it has. */
export async function follow(
  eventsUrl: string,
  authorization?: { authorization: string },
): Promise<Followed> {
  const followed: Followed = { events: [], cuts: 0, wrong: [] };
  const { events, wrong } = followed;
  for (;;) {
    const last = events.at(-1);
    const headers = { ...authorization, ...(last && { "last-event-id": String(last.id) }) };
    try {
      const response = await fetch(eventsUrl, { headers });
      if (response.status === 404) {
        wrong.push(`${eventsUrl}: the run is not there any more.`);
        return followed;
      }
      if (response.status === 200) await take(response, followed);
      else await response.body?.cancel();
    } catch {
      // Cut off, or nobody is there.
    }
    if (events.at(-1)?.type === "ended") return followed;
    followed.cuts++;
    await sleep(100);
  }
}

async function take(response: Response, { events, wrong }: Followed): Promise<void> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of response.body!) {
    const whole = (text + decoder.decode(part, { stream: true })).split("\n\n");
    text = whole.pop()!;
    for (const message of whole) {
      const data = /^data: (.*)$/m.exec(message)?.[1];
      if (data === undefined) continue;
      const event = JSON.parse(data) as RunEvent;
      const next = (events.at(-1)?.id ?? 0) + 1;
      if (event.id !== next) wrong.push(`Run ${event.run}: event ${event.id} came for ${next}.`);
      events.push(event);
    }
  }
}
