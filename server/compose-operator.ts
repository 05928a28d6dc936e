import type { Context, Hono } from "hono";
import type { Logger } from "pino";
import type { Access } from "./accounts/access.ts";
import { backupRoutes } from "./operate/backup/routes.ts";
import { takeSnapshot } from "./operate/backup/snapshots.ts";
import type { DataFolder } from "./settings/data-folder.ts";
import type { Database } from "./database/database.ts";
import { createBodies } from "./http/bodies/bodies.ts";
import { createFaults } from "./operate/faults/faults.ts";
import { recordingLog } from "./operate/faults/recording-log.ts";
import { createDrain } from "./http/limits/drain.ts";
import { createFences } from "./runs/fences.ts";
import { createStreams } from "./http/limits/streams.ts";
import { createMetrics } from "./operate/metrics/metrics.ts";
import { addRecordGauges } from "./operate/metrics/record-gauges.ts";
import { metricsRoutes } from "./operate/metrics/routes.ts";
import { watchForProxy } from "./http/requests/unbelieved-proxy.ts";
import type { Settings } from "./settings/settings.ts";

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
