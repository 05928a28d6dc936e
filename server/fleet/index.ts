import { Hono } from "hono";
import type { Logger } from "pino";
import type { Market } from "../../protocol/machines.ts";
import type { LaunchFile } from "../../protocol/registration.ts";
import type { Database } from "../database/database.ts";
import type { FleetPolicy } from "../providers/policy.ts";
import type {
  ConfiguredProvider,
  DownloadDeps,
  MachineKinds,
  RequestPace,
} from "../providers/provider.ts";
import type { RunsPart } from "../runs/index.ts";
import { SHARED_POOL } from "../runs/submit.ts";
import type { DataFolder } from "../settings/data-folder.ts";
import { createLoopWatch } from "./clocks.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { operatedMachineRoutes, type MachineRoutesDeps } from "./machine-routes.ts";
import { runtimeRoutes } from "./runtime-routes.ts";
import { isSandboxMissing } from "./wake-failures.ts";
import { wakeFigures } from "./wake-figures.ts";

export interface FleetPartDeps {
  database: Database;
  folder: DataFolder;
  runs: RunsPart;
  provider: ConfiguredProvider;
  /** The command that starts a responder on this host. */
  responder: { command: string; args: string[] };
  /** The server's public URL. */
  url: string;
  /** The URL that machines call. */
  responderUrl: string;
  registrationToken: (launchId: string) => string;
  /** Seconds without work after which a machine leaves. */
  idleS: number;
  /** Of this server. */
  release: string;
  /** Overrides the provider's own values. */
  times: { pace?: Partial<RequestPace>; policy?: Partial<FleetPolicy> };
  now: () => number;
  log: Logger;
}

export interface FleetPart {
  fleet: Fleet;
  /** Asks for a machine of the shared pool on behalf of a project, before there is a run. */
  hint(project: string): ReturnType<Fleet["hint"]>;
  /** Whether the last machine found no working sandbox on the server's own host. */
  sandboxMissing(): Promise<boolean>;
  /** Recent wake times of machines. */
  wakes(): ReturnType<typeof wakeFigures>;
  /** `GET /v1/runtimes`, and the calls about machines. */
  routes(deps: Pick<MachineRoutesDeps, "access" | "projects">): Hono;
  /** For the pages of machines. */
  pages: Pick<Fleet, "views" | "actions"> & {
    /** What the provider's settings ask for; undefined: machines are all alike. */
    defaults: MachineKinds["defaults"] | undefined;
    /** Machines of one pool that may be awake at one time. */
    maxMachines: number;
  };
  /** Files that machines download, if any: `bundle` is the responder as one file. */
  downloads(bundle: string | undefined, objects: DownloadDeps["objects"]): Promise<Hono[]>;
}

/** The machines of a provider, as many as the waiting runs need. */
export async function createFleetPart(deps: FleetPartDeps): Promise<FleetPart> {
  const { database, folder, runs, provider, responder, url, times, now, log } = deps;
  const { queries } = database;
  const begunAt = now();
  const steady = () => performance.now();
  const launchFile = (launchId: string, market?: Market): LaunchFile => ({
    server_url: deps.responderUrl,
    launch_id: launchId,
    registration_token: deps.registrationToken(launchId),
    idle_s: deps.idleS,
    ...provider.launchFacts(market),
  });
  const { pace } = times;
  const compute = await provider.createCompute({
    queries,
    folder,
    url,
    launchFile,
    responder,
    log,
    pace,
  });
  const policy = { ...provider.policy, ...times.policy };
  const fleet = createFleet({
    database,
    compute,
    runs: runs.runs,
    leases: runs.leases,
    policy,
    ...{ kinds: provider.kinds, release: deps.release },
    launchFile,
    now,
    steady,
    loop: createLoopWatch(steady),
    log,
  });
  return {
    fleet,
    hint: (project) => fleet.hint(SHARED_POOL, project),
    sandboxMissing: async () => provider.sharesHost && isSandboxMissing(queries, begunAt),
    wakes: () => wakeFigures(queries),
    routes: (routesDeps) =>
      new Hono()
        .route("/", runtimeRoutes(queries, SHARED_POOL))
        .route("/", operatedMachineRoutes({ ...routesDeps, ...fleet })),
    pages: {
      views: fleet.views,
      actions: fleet.actions,
      defaults: provider.kinds?.defaults,
      maxMachines: policy.maxMachines,
    },
    async downloads(bundle, objects) {
      if (bundle === undefined || !provider.downloads) return [];
      return [await provider.downloads({ bundle, folder, log, now, objects })];
    },
  };
}
