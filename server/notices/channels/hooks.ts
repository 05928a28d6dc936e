import type { RunSummary } from "../../../protocol/projects.ts";
import type { OutgoingBody, OutgoingEvent } from "../../../protocol/notices.ts";
import { isEnded, type RunState } from "../../../protocol/run.ts";
import type { RunRow } from "../../runs/record.ts";
import type { Channel } from "./channel.ts";
import type { OutgoingHook, OutgoingHooks } from "./outgoing-hooks.ts";

export interface HookChannelDeps {
  hooks: Pick<OutgoingHooks, "list" | "send">;
  summary: (row: RunRow) => Promise<RunSummary>;
  now: () => number;
}

/** Sends a project's outgoing webhooks. */
export function createHookChannel({ hooks, summary, now }: HookChannelDeps): Channel {
  async function bodyOf(type: OutgoingEvent, row: RunRow): Promise<OutgoingBody> {
    const moment = type === "run.ended" ? row.ended_at : row.started_at;
    return {
      type,
      timestamp: new Date(moment ?? now()).toISOString(),
      data: {
        project: row.project,
        run: await summary(row),
        state: type === "run.ended" && isEnded(row.state) ? row.state : undefined,
      },
    };
  }

  return {
    kind: "hook",
    label: "Webhook",
    ordered: "by run",

    async drafts(row, project) {
      const wanted = hookEvents(row, await hooks.list(project.slug));
      return Promise.all(
        wanted.map(async ({ hook, url, event }) => ({
          target: url,
          what: event,
          hook,
          body: JSON.stringify(await bodyOf(event, row)),
        })),
      );
    },

    async send({ id, project, hook, body }, _project, signal) {
      if (hook === null) return { kind: "never", answer: "The webhook was removed." };
      return hooks.send({ id, project, hook, body }, signal);
    },
  };
}

/** The hooks that subscribe to a state, with their events. */
export function hookEvents(
  { state, attempt }: { state: RunState; attempt: number },
  hooks: readonly Pick<OutgoingHook, "id" | "url" | "events">[],
): { hook: string; url: string; event: OutgoingEvent }[] {
  const ended = isEnded(state);
  const events: OutgoingEvent[] = [];
  // A run that ended before this check has begun as well.
  if (state === "running" || (ended && attempt > 0)) events.push("run.started");
  if (ended) events.push("run.ended");
  return hooks.flatMap(({ id, url, events: wanted }) =>
    events.filter((event) => wanted.includes(event)).map((event) => ({ hook: id, url, event })),
  );
}
