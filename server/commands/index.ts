import type { Hono } from "hono";
import type { Logger } from "pino";
import type { Access } from "../accounts/access.ts";
import type { Database } from "../database/database.ts";
import { fromJson } from "../database/json.ts";
import type { BlockFiles } from "../projects/blocks/files.ts";
import type { Projects } from "../projects/projects.ts";
import type { RunsPart } from "../runs/index.ts";
import type { ClaimsDeps } from "../runs/claims.ts";
import type { RunRow } from "../runs/record.ts";
import type { StreamAdmission } from "../runs/stream.ts";
import type { CheckQueue } from "../runs/submit.ts";
import type { Addresses } from "../runs/view.ts";
import type { Storage } from "../storage/storage.ts";
import { createAttemptCalls, type AttemptCalls } from "./attempt-calls.ts";
import { createCaches, type Caches } from "./caches.ts";
import { createCommands, type Commands } from "./commands.ts";
import { completeWork } from "./complete-work.ts";
import { createReading, type Reading } from "./reading/reading.ts";
import { createApiViews, type ApiViews } from "./reading/api-views.ts";
import { createRemovals, type Removals, type RemovalsDeps } from "./removals.ts";
import { commandRoutes, type CommandRoutesDeps } from "./routes.ts";
import { createSchedules } from "./schedules.ts";

export interface CommandsPartDeps {
  database: Database;
  storage: Storage;
  runs: RunsPart;
  projects: Projects;
  blockFiles: Pick<BlockFiles, "addressOf" | "forget">;
  addresses: Addresses;
  checkQueue: CheckQueue;
  /** Repositories may be at private addresses. */
  allowPrivate: boolean;
  now: () => number;
  log: Logger;
}

export interface CommandsPart {
  commands: Commands;
  views: ApiViews;
  reading: Reading;
  caches: Caches;
  attemptCalls: AttemptCalls;
  completeWork: ClaimsDeps["completeWork"];
  /** Called after each change of a run's state. */
  changed(row: RunRow): void;
  /** Removes projects; `forgetMachines` sends the machines of pools away. */
  removals(forgetMachines: RemovalsDeps["forgetMachines"]): Removals;
  routes(deps: {
    access: Access;
    streamAdmission: StreamAdmission;
    fleet: CommandRoutesDeps["fleet"];
  }): Hono;
  /** Starts the schedules. */
  begin(): void;
  close(): Promise<void>;
}

/** A project's own runs: their requests, their lists, and the work for machines. */
export function createCommandsPart(deps: CommandsPartDeps): CommandsPart {
  const { database, storage, projects, blockFiles, addresses, checkQueue, now, log } = deps;
  const { runs, leases, feed, readLog, changes } = deps.runs;
  const commands = createCommands({
    database,
    addresses,
    feed,
    checkQueue,
    now,
    runs,
    onDemand: changes.demand,
    onChanged: changes.changed,
  });
  const views = createApiViews({ queries: database.queries, url: addresses.url });
  const caches = createCaches({ database, storage, now });
  const schedules = createSchedules({ database, commands, now, log });
  return {
    commands,
    views,
    reading: createReading(database.queries),
    caches,
    attemptCalls: createAttemptCalls({ database, storage, runs, leases, now }),
    completeWork: (row) =>
      completeWork(row, {
        project: projects.forCommands,
        addressOf: blockFiles.addressOf,
        allowPrivate: deps.allowPrivate,
      }),
    changed(row) {
      // The token may have been revoked before it expired.
      if (fromJson(row.ending)?.reason?.code === "checkout_failed") {
        projects.forgetAppTokens(row.project);
      }
    },
    removals: (forgetMachines) =>
      createRemovals({ projects, runs, caches, blockFiles, forgetMachines, log }),
    routes: ({ access, streamAdmission, fleet }) =>
      commandRoutes({
        commands,
        views,
        access,
        fleet,
        streamAdmission,
        database,
        feed,
        readLog,
      }),
    begin: schedules.begin,
    close: schedules.close,
  };
}
