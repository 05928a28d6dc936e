import type { Hono } from "hono";
import { verifyToken } from "../../blocks/verify.ts";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Access } from "../accounts/access.ts";
import { createRunChanges, type RunChanges } from "./changes.ts";
import { createClaimLedger } from "./claim-ledger.ts";
import { createClaims, type Claims, type ClaimsDeps } from "./claims.ts";
import { createFeed, type Feed } from "./feed.ts";
import type { FollowDeps } from "./follow.ts";
import { createLeases, type Leases } from "./leases.ts";
import { createLogReads, type ReadLog } from "./log-reads.ts";
import { blockCheckRoutes } from "./block-checks.ts";
import { runRoutes, type RunRoutesDeps } from "./routes.ts";
import { createRuns, type Runs, type RunsDeps } from "./runs.ts";
import type { StreamAdmission } from "./stream.ts";

/** The part makes its own feed and tells other parts of changes itself. */
export type RunsPartDeps = Required<Omit<RunsDeps, "steady" | "feed" | "onDemand" | "onChanged">>;

export interface RunsPart {
  runs: Runs;
  leases: Leases;
  readLog: ReadLog;
  feed: Feed;
  /** Dependencies of event streams. */
  following: FollowDeps;
  changes: RunChanges;
  /** Assigns work to machines: `completeWork` adds the secrets and limits of a project's commands. */
  claims(completeWork: ClaimsDeps["completeWork"]): Claims;
  /** The public calls under `/v1/runs`. */
  routes(deps: {
    access: Access;
    streamAdmission: StreamAdmission;
    callers: RunRoutesDeps["callers"];
    /** Asks for a machine before there is a run, on behalf of a project. */
    hint: (project: string) => ReturnType<RunRoutesDeps["wake"]>;
  }): Hono;
}

/** The lifecycle of runs: requests, claims, leases, events and results. */
export function createRunsPart(deps: RunsPartDeps): RunsPart {
  const { database } = deps;
  const feed = createFeed();
  const changes = createRunChanges();
  const ledger = createClaimLedger();
  const shared = { ...deps, feed, ledger, onChanged: changes.changed, onDemand: changes.demand };
  const runs = createRuns(shared);
  const { readLog, offer } = createLogReads({ ...shared, resultStored: runs.resultStored });
  return {
    runs,
    leases: createLeases({ ...shared, offerEvents: offer }, runs),
    readLog,
    feed,
    changes,
    claims: (completeWork) => createClaims({ ...shared, completeWork }, runs),
    following: { database, feed, readLog },
    routes: ({ access, streamAdmission, callers, hint }) =>
      runRoutes({
        runs,
        access,
        streamAdmission,
        callers,
        database,
        feed,
        readLog,
        async wake(block, origin) {
          const { claims } = await verifyToken(block, {
            registry: deps.registry,
            audience: deps.addresses.url,
            origin,
            now: deps.now(),
          });
          if (claims.origins === undefined) throw new ApiError("wake_refused");
          return hint(claims.iss);
        },
      }).route(
        "/",
        blockCheckRoutes({
          registry: deps.registry,
          audience: deps.addresses.url,
          callers,
          now: deps.now,
        }),
      ),
  };
}
