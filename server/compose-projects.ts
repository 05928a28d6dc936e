import { fromJson } from "./database/json.ts";
import { Hono, type Context } from "hono";
import { createAccess, type Access } from "./accounts/access.ts";
import { createCaches } from "./commands/caches.ts";
import { createCommands, type Commands } from "./commands/commands.ts";
import { createApiViews } from "./commands/reading/api-views.ts";
import { createReading } from "./commands/reading/reading.ts";
import { projectPool, strangersPool } from "./commands/pools.ts";
import { commandRoutes } from "./commands/routes.ts";
import { createSchedules } from "./commands/schedules.ts";
import { completeWork } from "./commands/complete-work.ts";
import type { Fleet } from "./fleet/fleet.ts";
import { wakeFigures } from "./fleet/wakes.ts";
import type { Metrics } from "./operate/metrics/metrics.ts";
import { createNotices } from "./notices/notices.ts";
import { createPostOffice } from "./notices/post-office.ts";
import { noticeRoutes } from "./notices/routes.ts";
import type { Fault } from "./operate/faults/faults.ts";
import { operatorPages } from "./pages/operator/routes.ts";
import { projectPages } from "./pages/projects/routes.ts";
import { sessionPages } from "./pages/sign-in.ts";
import type { Projects } from "./projects/projects.ts";
import { createSealing } from "./database/sealing.ts";
import { createDeliveries } from "./hooks/deliveries.ts";
import { createRefusals } from "./hooks/refusals.ts";
import { createLostPushes } from "./hooks/lost-pushes.ts";
import { deliveryRoutes, hookRoutes } from "./hooks/routes.ts";
import { keyRoutes } from "./projects/key-routes.ts";
import { projectRoutes } from "./projects/project-routes.ts";
import type { RunRow } from "./runs/record.ts";
import type { ReadLog } from "./runs/log-reads.ts";
import type { Runs, RunsDeps } from "./runs/runs.ts";
import type { Door } from "./runs/stream.ts";
import { sessionRoutes } from "./accounts/session-routes.ts";
import { createSessions } from "./accounts/sessions.ts";
import type { Settings } from "./settings/settings.ts";

export interface ComposeProjectsDeps extends RunsDeps {
  settings: Settings;
  projects: Projects;
  runs: Runs;
  readLog: ReadLog;
  fleet: Fleet;
  metrics: Metrics;
  faults: () => Fault[];
  door: Door;
  /** The server's public URL. */
  url: string;
  /** Of the package. */
  version: string;
  /** Milliseconds between tries to send a notice; absent: those that suit other people's servers. */
  noticeDelays?: readonly number[] | undefined;
}

/** Everything that is a project's own: its settings, hooks, commands, pages and news. */
export interface ProjectParts {
  commands: Commands;
  access: Access;
  /** Mounted at `/`. */
  routes: Hono[];
  signInLink(): Promise<{ url: string; expires_at: string }>;
  isSignedIn(c: Context): Promise<boolean>;
  /** Called after each change of a run's state, once it is on record. */
  onChanged(row: RunRow): void;
  completeWork: RunsDeps["completeWork"];
  /** Begins what is done by the clock. */
  begin(): void;
  close(): Promise<void>;
}

/** The part of the composition root that a server without projects could do without. */
export function composeProjects(deps: ComposeProjectsDeps): ProjectParts {
  const { database, projects, url, now, settings } = deps;
  const { allowPrivate, smtpUrl } = settings;
  const sessions = createSessions({ database, url, now });
  const access = createAccess({ projects, isSignedIn: sessions.isSignedIn });
  const commands = createCommands(deps);
  const views = createApiViews({ queries: database.queries, url });
  const schedules = createSchedules({ ...deps, commands });

  const notices = createNotices({
    ...{ database, projects, allowPrivate, url, now, log: deps.log },
    sealing: createSealing(deps.secret),
    summary: views.summary,
    postOffice: smtpUrl ? createPostOffice({ smtpUrl, from: settings.mailFrom, url }) : undefined,
    gitHubApi: settings.gitHubApi,
    delays: deps.noticeDelays,
    onTried: deps.metrics.noticed,
  });

  const lastRun = (slug: string) => views.lastRun(slug);

  const deliveries = createDeliveries({ database, projects, commands, now });
  const refusals = createRefusals({ database, now });

  const lostPushes = createLostPushes({ ...deps, deliveries, allowPrivate });

  /** What a project that was removed leaves: runs that have not ended, machines, and caches. */
  async function clearAfter(slug: string): Promise<void> {
    const open = await database.queries
      .selectFrom("runs")
      .select("id")
      .where("project", "=", slug)
      .where("ended_at", "is", null)
      .execute();
    for (const { id } of open) await deps.runs.happen(id, { type: "canceled" });
    projects.forgetAppTokens(slug);
    await deps.fleet.forget([projectPool(slug), strangersPool(slug)]);
    await createCaches(deps).forget(slug);
  }

  return {
    commands,
    access,
    routes: [
      commandRoutes({
        ...deps,
        commands,
        views,
        access,
        hasRepository: async (slug) => (await projects.get(slug)).repository !== null,
      }),
      new Hono()
        .route("/v1/projects", projectRoutes({ projects, access, lastRun, clearAfter, url }))
        .route("/v1/projects", keyRoutes({ projects, access }))
        .route("/v1/projects", deliveryRoutes({ deliveries, refusals, access }))
        .route(
          "/v1/hooks",
          hookRoutes({ projects, deliveries, refusals, now, onDelivery: deps.metrics.delivered }),
        ),
      noticeRoutes({ notices, access, allowPrivate }),
      sessionRoutes({ sessions, access, url, pages: sessionPages(deps.version) }),
      operatorPages({
        faults: deps.faults,
        wakes: () => wakeFigures(database.queries),
        isSignedIn: sessions.isSignedIn,
        ...{ version: deps.version, now },
      }),
      projectPages({
        reading: createReading(database.queries),
        deliveries,
        isSignedIn: sessions.isSignedIn,
        notices: notices.list,
        refusals: refusals.list,
        following: deps,
        door: deps.door,
        secret: deps.secret,
        version: deps.version,
        ...{ projects, access, url, now },
      }),
    ],
    signInLink: sessions.makeLink,
    isSignedIn: sessions.isSignedIn,
    onChanged(row) {
      // Its token may have been revoked before its end.
      if (endedBy(row) === "checkout_failed") projects.forgetAppTokens(row.project);
      notices.changed(row);
    },
    completeWork: (row) => completeWork(row, { project: projects.forCommands, allowPrivate }),
    begin() {
      schedules.begin();
      notices.begin();
      lostPushes.begin();
    },
    async close() {
      await lostPushes.close();
      await schedules.close();
      await notices.close();
    },
  };
}

function endedBy({ ending }: RunRow): string | undefined {
  return fromJson(ending)?.reason?.code;
}
