import type { Context, Hono } from "hono";
import type { Logger } from "pino";
import type { Access } from "./access/access.ts";
import { backupRoutes } from "./backup/routes.ts";
import { takeSnapshot } from "./backup/snapshots.ts";
import type { DataFolder } from "./data-folder.ts";
import type { Database } from "./database/database.ts";
import { createBodies } from "./bodies/bodies.ts";
import { createFaults } from "./faults/faults.ts";
import { recordingLog } from "./faults/recording-log.ts";
import { createDrain } from "./limits/drain.ts";
import { createFences } from "./limits/fences.ts";
import { createStreams } from "./limits/streams.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { addRecordGauges } from "./metrics/record-gauges.ts";
import { metricsRoutes } from "./metrics/routes.ts";
import { watchForProxy } from "./requests/unbelieved-proxy.ts";
import type { Settings } from "./settings.ts";

export type OperatorParts = ReturnType<typeof composeOperator>;

export interface ComposeOperatorDeps {
  settings: Settings;
  folder: DataFolder;
  log: Logger;
  now: () => number;
  /** Told once, where a proxy stands before the server that it does not believe. */
  proxySeen?: (() => void) | undefined;
}

const UNBELIEVED_PROXY =
  "a proxy on this machine passes requests on and is not believed, so no limit by address holds: set DEFERRED_TRUST_PROXY=1 if it sets X-Forwarded-For";

/** What whoever runs the server watches, bounds and keeps: the part that no run needs. */
export function composeOperator({ settings, folder, now, ...deps }: ComposeOperatorDeps) {
  const { limits, trustProxy } = settings;
  const metrics = createMetrics();
  const faults = createFaults({ file: folder.faults, now });
  const log = recordingLog(deps.log, (...fault) => {
    faults.record(...fault);
    metrics.failed();
  });

  const { refused } = metrics;
  const fences = createFences({ limits, trustProxy, refused, steady: () => performance.now() });
  const bodies = createBodies({ folder: folder.bodies, caller: fences.caller, refused });
  metrics.gauge(
    "deferred_body_bytes",
    "Of bodies under way that nobody vouches for yet.",
    ["where"],
    (set) => {
      set({ where: "memory" }, bodies.held.memory);
      set({ where: "disk" }, bodies.held.disk);
    },
  );
  const noticeProxy = watchForProxy(trustProxy, () => {
    log.warn(UNBELIEVED_PROXY);
    deps.proxySeen?.();
  });
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
    /** Tells of faults as well as writing them. */
    log,
    metrics,
    faults,
    fences,
    bodies,
    drain,
    noticeProxy,
    door: { enter: (c: Context) => streams.enter(fences.caller(c)), closing: drain.closing },

    routes(of: { database: Database; access: Access; url: string }): Hono[] {
      addRecordGauges(metrics, of.database.queries, now);
      return [
        backupRoutes({
          access: of.access,
          snapshot: () => takeSnapshot(of.database, folder.root),
        }),
        metricsRoutes({ metrics, url: of.url, token: settings.metricsToken }),
      ];
    },
  };
}
