import type { Metrics } from "./metrics.ts";

/** Adds gauges of open request bodies and streams. */
export function addTrafficGauges(
  metrics: Metrics,
  traffic: {
    bodies: { held: { memory: number; disk: number } };
    streams: { readonly open: number };
  },
): void {
  metrics.gauge(
    "deferred_body_bytes",
    "Of request bodies whose sender is not verified yet.",
    ["where"],
    (set) => {
      set({ where: "memory" }, traffic.bodies.held.memory);
      set({ where: "disk" }, traffic.bodies.held.disk);
    },
  );
  metrics.gauge("deferred_open_streams", "Streams of events that are open.", [], (set) =>
    set({}, traffic.streams.open),
  );
}
