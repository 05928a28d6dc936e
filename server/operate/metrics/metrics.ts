import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { isEnded } from "../../../protocol/run.ts";
import type { WakeKind } from "../../fleet/wakes.ts";
import type { Answered } from "../../http/requests/observe.ts";
import type { RunRow } from "../../runs/record.ts";

export type Metrics = ReturnType<typeof createMetrics>;

const SHORT = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];
const LONG = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900];

/**
 * Counters and histograms for an operator. No label holds an id, an address or a project's name: each value would be a
 * permanent time series, and the last two are private.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ) => new Histogram({ name, help, buckets, labelNames, registers });

  const requests = counter("deferred_http_requests_total", "HTTP requests that were answered.", [
    "method",
    "route",
    "status",
  ]);
  const requestSeconds = histogram(
    "deferred_http_request_seconds",
    "Time until an answer began; claims and streams wait on purpose.",
    SHORT,
    ["route"],
  );
  const ended = counter("deferred_runs_ended_total", "Runs by how they ended.", ["kind", "state"]);
  const waited = histogram(
    "deferred_run_wait_seconds",
    "From a run's request until a machine first claimed it.",
    LONG,
    ["kind"],
  );
  const ran = histogram(
    "deferred_run_seconds",
    "From the start of a run's last program until the run's end.",
    LONG,
    ["kind"],
  );
  const lost = counter(
    "deferred_attempts_lost_total",
    "Attempts that a machine did not bring to an end.",
    ["reason"],
  );
  const woken = histogram(
    "deferred_wake_seconds",
    "From the request for a machine until it was ready.",
    LONG,
    ["how"],
  );
  const storage = counter("deferred_storage_errors_total", "Calls of storage that failed.", [
    "operation",
  ]);
  const deliveries = counter(
    "deferred_deliveries_total",
    "Incoming webhooks that were signed rightly.",
    ["provider", "outcome"],
  );
  const notices = counter(
    "deferred_notices_total",
    "Tries to send a mail, a status or a webhook.",
    ["kind", "outcome"],
  );

  const refused = counter("deferred_requests_refused_total", "Requests that a limit refused.", [
    "limit",
  ]);

  const shared = counter(
    "deferred_requests_shared_total",
    "Requests for runs that were answered without a new one.",
    ["how"],
  );

  const faults = counter("deferred_faults_total", "Failures by the server's own fault.");

  return {
    registry,

    gauge: createGauges(registry),

    answered({ method, route, status, seconds }: Answered): void {
      requests.inc({ method, route, status });
      requestSeconds.observe({ route }, seconds);
    },

    /** Called after each committed change of a run's state. */
    changed(row: RunRow, now: number): void {
      const { kind, state } = row;
      if (isEnded(state)) {
        ended.inc({ kind, state });
        if (row.started_at !== null) ran.observe({ kind }, (row.ended_at! - row.started_at) / 1000);
      } else if (state === "running" && row.attempt === 1) {
        waited.observe({ kind }, Math.max(0, now - row.created_at) / 1000);
      }
    },

    attemptLost: (reason: string): void => lost.inc({ reason }),
    woken: (how: WakeKind, seconds: number): void => woken.observe({ how }, seconds),
    storageFailed: (operation: string): void => storage.inc({ operation }),
    delivered: (provider: string, outcome: string): void => deliveries.inc({ provider, outcome }),
    failed: (): void => faults.inc(),
    shared: (how: "in_flight" | "stored"): void => shared.inc({ how }),
    refused: (limit: string): void => refused.inc({ limit }),
    noticed: (kind: string, outcome: string): void => notices.inc({ kind, outcome }),
  };
}

/** Adds gauges whose values are read at each scrape. */
function createGauges(registry: Registry) {
  return <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    read: (set: (labels: Record<Label, string>, value: number) => void) => Promise<void> | void,
  ): void => {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [],
      async collect() {
        this.reset();
        await read((labels, value) => this.set(labels, value));
      },
    });
    registry.registerMetric(gauge);
  };
}
