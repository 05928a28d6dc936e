import type { Context } from "hono";
import { createDrain } from "./limits/drain.ts";
import { createFences } from "./limits/fences.ts";
import { createStreams } from "./limits/streams.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Settings } from "./settings.ts";

export type LimitParts = ReturnType<typeof composeLimits>;

/** What bounds how much anybody may ask for, and what ends it all. */
export function composeLimits({ settings, metrics }: { settings: Settings; metrics: Metrics }) {
  const { limits, trustProxy } = settings;
  const refused = metrics.refused;
  const fences = createFences({ limits, trustProxy, refused, steady: () => performance.now() });
  const drain = createDrain();
  const streams = createStreams({
    most: limits.streams,
    mostOfCaller: limits.streamsOfAddress,
    refused,
  });
  metrics.gauge("deferred_open_streams", "Streams of events that are open.", [], (set) =>
    set({}, streams.open),
  );
  return {
    fences,
    drain,
    door: { enter: (c: Context) => streams.enter(fences.caller(c)), closing: drain.closing },
  };
}
