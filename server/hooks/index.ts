import { Hono } from "hono";
import type { Logger } from "pino";
import type { Access } from "../accounts/access.ts";
import type { Commands } from "../commands/commands.ts";
import type { Database } from "../database/database.ts";
import type { Projects } from "../projects/projects.ts";
import { createConnectHook, type ConnectHook } from "./connect-github.ts";
import { createDeliveries, type Deliveries } from "./deliveries.ts";
import { createLostPushes } from "./lost-pushes.ts";
import { createRefusals, type Refusals } from "./refusals.ts";
import { deliveryRoutes, hookRoutes, type HookRoutesDeps } from "./routes.ts";

export interface HooksPartDeps {
  database: Database;
  projects: Projects;
  commands: Commands;
  access: Access;
  /** Repositories may be at private addresses. */
  allowPrivate: boolean;
  /** REST API of a GitHub Enterprise server. */
  gitHubApi: string | undefined;
  now: () => number;
  log: Logger;
  onDelivery: HookRoutesDeps["onDelivery"];
}

export interface HooksPart {
  deliveries: Deliveries;
  refusals: Refusals;
  /** Has GitHub call a project's webhook. */
  connectHook: ConnectHook;
  routes: Hono;
  /** Starts to look for pushes whose webhook never came. */
  begin(): void;
  close(): Promise<void>;
}

/** Turns webhooks into runs, and keeps each delivery. */
export function createHooksPart(deps: HooksPartDeps): HooksPart {
  const { database, projects, commands, access, allowPrivate, now, log, onDelivery } = deps;
  const deliveries = createDeliveries({ database, projects, commands, now });
  const refusals = createRefusals({ database, now });
  const lostPushes = createLostPushes({ database, projects, deliveries, allowPrivate, now, log });
  return {
    deliveries,
    refusals,
    connectHook: createConnectHook({
      gitHubApi: deps.gitHubApi,
      cameSince: deliveries.pingCameSince,
      now,
    }),
    routes: new Hono()
      .route("/v1/projects", deliveryRoutes({ deliveries, refusals, access }))
      .route("/v1/hooks", hookRoutes({ projects, deliveries, refusals, now, onDelivery })),
    begin: lostPushes.begin,
    close: lostPushes.close,
  };
}
