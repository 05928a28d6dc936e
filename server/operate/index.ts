import type { Hono } from "hono";
import type { Logger } from "pino";
import type { Access } from "../accounts/access.ts";
import type { Database } from "../database/database.ts";
import type { DataFolder } from "../settings/data-folder.ts";
import { backupRoutes } from "./backup/routes.ts";
import { takeSnapshot } from "./backup/snapshots.ts";
import { createFaults, type Faults } from "./faults/faults.ts";
import { recordingLog } from "./faults/recording-log.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { addRecordGauges } from "./metrics/record-gauges.ts";
import { metricsRoutes } from "./metrics/routes.ts";

export interface OperateDeps {
  folder: DataFolder;
  log: Logger;
  /** The bearer token that `/metrics` requires; absent: only programs on this machine may read it. */
  metricsToken: string | undefined;
  now: () => number;
}

export interface OperatePart {
  /** A log that records each error as a fault as well. */
  log: Logger;
  metrics: Metrics;
  faults: Faults;
  /** Records a failed flush of the database, then ends the server by `end` or by throwing. */
  flushFailed(error: Error, end: (() => void) | undefined): void;
  /** Metrics and backups over HTTP. */
  routes(deps: {
    database: Database;
    access: Access;
    url: string;
    /** Records that a backup was made. */
    noteBackup: () => Promise<void>;
  }): Hono[];
}

/** Milliseconds for writing the last log line. */
const LAST_LINE_MS = 50;

/** Tools for an operator: faults, metrics, backups. */
export function createOperatePart(deps: OperateDeps): OperatePart {
  const { folder, metricsToken, now } = deps;
  const metrics = createMetrics();
  const faults = createFaults({ file: folder.faults, now });
  const log = recordingLog(deps.log, (...fault) => {
    faults.record(...fault);
    metrics.failed();
  });
  return {
    log,
    metrics,
    faults,
    flushFailed(error, end) {
      faults.recordLast("the database was not flushed", error);
      const facts = { cause: String(error.cause), data: folder.root };
      log.fatal(facts, "the disk failed to keep the database: the server ends");
      // Delayed so that the log line is written first. No write is acknowledged meanwhile.
      setTimeout(() => {
        end?.();
        throw error;
      }, LAST_LINE_MS);
    },
    routes({ database, access, url, noteBackup }) {
      addRecordGauges(metrics, database.queries, now);
      return [
        backupRoutes({
          access,
          snapshot: () => takeSnapshot(database, folder.root),
          noteBackup,
        }),
        metricsRoutes({ metrics, url, token: metricsToken }),
      ];
    },
  };
}
