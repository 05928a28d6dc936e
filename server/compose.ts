import type { Hono } from "hono";
import type { Logger } from "pino";
import { publicPart, published } from "../blocks/keys.ts";
import { signReceipt } from "../blocks/receipt.ts";
import { verifyToken } from "../blocks/verify.ts";
import { ApiError } from "../protocol/deferred-error.ts";
import type { LaunchFile } from "../protocol/responder.ts";
import { createAccountsPart } from "./accounts/index.ts";
import { createCommandsPart } from "./commands/index.ts";
import { projectPool, strangersPool } from "./commands/pools.ts";
import { whyNotWritable } from "./database/disk-trouble.ts";
import { fromJson } from "./database/json.ts";
import { createSealing } from "./database/sealing.ts";
import { openSqlite } from "./database/sqlite.ts";
import { isSandboxMissing } from "./fleet/wake-failures.ts";
import { createFleet } from "./fleet/fleet.ts";
import { createLoopWatch } from "./fleet/clocks.ts";
import { runtimeRoutes } from "./fleet/runtime-routes.ts";
import { createHooksPart } from "./hooks/index.ts";
import { createApp } from "./http/app.ts";
import { createTrafficPart, type TrafficPart } from "./http/index.ts";
import { createNoticesPart } from "./notices/index.ts";
import { openApiDocument } from "./http/openapi/document.ts";
import { createOperatePart } from "./operate/index.ts";
import type { Metrics } from "./operate/metrics/metrics.ts";
import { observedStorage } from "./operate/metrics/observed-storage.ts";
import { addTrafficGauges } from "./operate/metrics/traffic-gauges.ts";
import { createRetention } from "./operate/retention/retention.ts";
import { createPagesPart } from "./pages/index.ts";
import { prepareFirstProject, type Secrets } from "./projects/first-start.ts";
import { createProjects, projectsRoutes } from "./projects/index.ts";
import type { FleetPolicy } from "./providers/policy.ts";
import type { ConfiguredProvider, RequestPace } from "./providers/provider.ts";
import { createRespondersPart } from "./responders/index.ts";
import { registrationToken } from "./responders/registration.ts";
import { createFences } from "./runs/fences.ts";
import { createRunsPart } from "./runs/index.ts";
import { logChange } from "./runs/log-changes.ts";
import type { RunRow } from "./runs/record.ts";
import { SHARED_POOL } from "./runs/submit.ts";
import type { DataFolder } from "./settings/data-folder.ts";
import type { Settings } from "./settings/settings.ts";
import { createFsStorage } from "./storage/fs.ts";
import { publicUrlOf } from "./storage/public-url.ts";
import { storageRoutes } from "./storage/routes.ts";
import { createS3Storage } from "./storage/s3.ts";

export interface ServerOptions {
  /** How local compute starts a responder. */
  responder: { command: string; args: string[] };
  assets: {
    /** The element's built module. */
    widget: string;
    /** The folder of examples. */
    examples: string;
    /** The responder as one file, which machines elsewhere load; absent: there are none. */
    responder?: string;
    /** Of the package. */
    version: string;
  };
  /** Other times than those that suit machines somewhere else. */
  times?: {
    pace?: Partial<RequestPace>;
    policy?: Partial<FleetPolicy>;
    /** Milliseconds between tries to send a notice. */
    noticeDelays?: readonly number[];
  };
  /** Absent: JSON lines on stderr, from `settings.logLevel` on. */
  log?: Logger;
  /** Ends the process at once, as its disk does not keep what is written; absent: by an uncaught error. */
  diskFailed?: () => void;
}

export interface ComposeOptions extends Omit<ServerOptions, "log"> {
  settings: Settings & { provider: ConfiguredProvider };
  folder: DataFolder;
  secrets: Secrets;
  /** The server's public URL. */
  url: string;
  /** The URL by which machines on this host call it. */
  responderUrl: string;
  log: Logger;
  /** Told once, where a proxy stands before the server that it does not believe. */
  proxySeen?: () => void;
}

const LAST_LINE_MS = 50;

export interface System {
  app: Hono;
  metrics: Metrics;
  drain: TrafficPart["drain"];
  /** Puts on record what ends the process. */
  crashed(error: unknown): void;
  /** Makes a link that signs one browser in, once. */
  signInLink(): Promise<{ url: string; expires_at: string }>;
  stopMachines(): Promise<void>;
  close(): Promise<void>;
}

/** The composition root: the only place that names implementations. */
export async function compose(options: ComposeOptions): Promise<System> {
  const { settings, folder, secrets, url, assets } = options;
  const { provider } = settings;
  const { allowPrivate, gitHubApi, limits, trustProxy } = settings;
  const { secret, receiptKey } = secrets;
  const now = () => Date.now();
  const steady = () => performance.now();
  const begunAt = now();
  const responderUrl = provider.sharesHost ? options.responderUrl : url;
  const resultsUrl =
    settings.resultsUrl ?? (settings.storage === "s3" ? publicUrlOf(settings.s3) : url);
  const addresses = { url, resultsUrl };

  const { metricsToken } = settings;
  const operate = createOperatePart({ folder, log: options.log, metricsToken, now });
  const { log, metrics, faults } = operate;
  const fences = createFences({ limits, trustProxy, steady, refused: metrics.refused });
  const traffic = createTrafficPart({
    bodiesFolder: folder.bodies,
    limits,
    trustProxy,
    caller: fences.caller,
    refused: metrics.refused,
    log,
    proxySeen: options.proxySeen,
  });
  addTrafficGauges(metrics, traffic);
  const { door, drain } = traffic;

  const database = await openSqlite(folder.database, {
    flushFailed(error) {
      faults.recordLast("the database was not flushed", error);
      const facts = { cause: String(error.cause), data: folder.root };
      log.fatal(facts, "the disk failed to keep the database: the server ends");
      const end = () => {
        options.diskFailed?.();
        throw error;
      };
      // The line is written first. Nothing is acknowledged meanwhile.
      setTimeout(end, LAST_LINE_MS);
    },
  });
  const { queries } = database;
  const sealing = createSealing(secret);
  const projects = createProjects({
    database,
    sealing,
    now,
    gitHubApi,
    addresses: { allowPrivate },
  });
  const demoKey = await prepareFirstProject(folder, projects);
  const accounts = createAccountsPart({ database, projects, url, now });
  const { access } = accounts;

  const onDisk = createFsStorage({
    folder: folder.storage,
    uploadUrl: responderUrl,
    url,
    secret,
    now,
  });
  const storage = observedStorage(
    settings.storage === "s3" ? createS3Storage(settings.s3) : onDisk,
    metrics.storageFailed,
  );
  const runs = createRunsPart({
    database,
    storage,
    addresses,
    secret,
    registry: projects,
    signReceipt: (receipt) => signReceipt({ iss: url, ...receipt }, receiptKey),
    now,
    log,
    admit: fences.admit,
    room: fences.room,
    onAttemptLost: metrics.attemptLost,
    onShared: metrics.shared,
  });
  const commands = createCommandsPart({
    database,
    storage,
    runs,
    projects,
    addresses,
    room: fences.room,
    allowPrivate,
    now,
    log,
  });
  const hooks = createHooksPart({
    database,
    projects,
    commands: commands.commands,
    access,
    allowPrivate,
    now,
    log,
    onDelivery: metrics.delivered,
  });
  const { notices, routes: noticeRoutes } = createNoticesPart({
    database,
    sealing,
    projects,
    access,
    summary: commands.views.summary,
    smtpUrl: settings.smtpUrl,
    mailFrom: settings.mailFrom,
    gitHubApi,
    allowPrivate,
    url,
    now,
    log,
    delays: options.times?.noticeDelays,
    onTried: metrics.noticed,
  });

  const launchFile = (launchId: string): LaunchFile => ({
    server_url: responderUrl,
    launch_id: launchId,
    registration_token: registrationToken(secret, launchId),
    idle_s: settings.idleS,
    ...provider.launchFacts,
  });
  const { pace, policy } = options.times ?? {};
  const compute = await provider.createCompute({
    queries,
    folder,
    url,
    launchFile,
    responder: options.responder,
    log,
    pace,
  });
  const fleet = createFleet({
    database,
    compute,
    runs: runs.runs,
    leases: runs.leases,
    policy: { ...provider.policy, ...policy },
    launchFile,
    now,
    steady,
    loop: createLoopWatch(steady),
    log,
  });

  runs.changes.subscribe({
    demand: () => fleet.reconsider(),
    changed(row) {
      logChange(log, row);
      metrics.changed(row, now());
      // Its token may have been revoked before its end.
      if (endedBy(row) === "checkout_failed") projects.forgetAppTokens(row.project);
      notices.changed(row);
    },
  });
  const retention = createRetention({
    database,
    storage,
    removeUnusedCaches: commands.caches.removeUnused,
    days: settings.retentionDays,
    now,
    log,
  });

  const downloads =
    assets.responder && provider.downloads
      ? [
          await provider.downloads({
            bundle: assets.responder,
            folder,
            log,
            now,
            objects: settings.storage === "s3" ? { storage, publicUrl: resultsUrl } : undefined,
          }),
        ]
      : [];
  let document: Promise<object> | undefined;
  const openapi = () => (document ??= openApiDocument(app, { url, version: assets.version }));
  const pages = await createPagesPart({
    database,
    accounts,
    projects,
    runs,
    notices: notices.list,
    refusals: hooks.refusals.list,
    deliveries: hooks.deliveries,
    faults: faults.list,
    door,
    assets,
    scriptsFolder: folder.scripts,
    demoKey,
    openapi,
    url,
    resultsUrl,
    secret,
    now,
  });

  const app: Hono = createApp({
    log,
    notFoundPage: pages.notFound,
    answered: metrics.answered,
    fences: traffic.middleware(fences.guessing()),
    openapi,
    jwks: { keys: [published(publicPart(receiptKey), receiptKey.kid)] },
    async notReady() {
      if (drain.draining) return "It is being restarted.";
      const kept = settings.storage === "fs" ? [folder.root, folder.storage] : [folder.root];
      const unwritable = await whyNotWritable(kept);
      if (unwritable !== undefined) return unwritable;
      if (!provider.sharesHost || !(await isSandboxMissing(queries, begunAt))) return undefined;
      return "This machine has no working sandbox: install bubblewrap.";
    },
    responders: createRespondersPart({
      database,
      secret,
      serverUrl: responderUrl,
      claims: runs.claims(commands.completeWork),
      leases: runs.leases,
      attemptCalls: commands.attemptCalls,
      fleet,
      now,
      closing: drain.closing,
      onWoken: metrics.woken,
    }),
    routes: [
      commands.routes({ access, door, fleet }),
      projectsRoutes({
        projects,
        access,
        url,
        lastRun: (slug) => commands.views.lastRun(slug),
        async clearAfter(slug) {
          await commands.cancelAll(slug);
          projects.forgetAppTokens(slug);
          await fleet.forget([projectPool(slug), strangersPool(slug)]);
          await commands.caches.forget(slug);
        },
      }),
      hooks.routes,
      noticeRoutes,
      runs.routes({
        access,
        door,
        limit: fences.request,
        async wake(block, origin) {
          const { claims } = await verifyToken(block, {
            registry: projects,
            audience: url,
            origin,
            now: now(),
          });
          if (claims.origins === undefined) throw new ApiError("wake_refused");
          return fleet.hint(SHARED_POOL, claims.iss);
        },
      }),
      runtimeRoutes(queries, SHARED_POOL),
      storageRoutes(onDisk),
      ...operate.routes({ database, access, url }),
      ...downloads,
      ...pages.routes,
    ],
  });

  fleet.begin();
  commands.begin();
  notices.begin();
  hooks.begin();
  retention.begin();
  return {
    app,
    metrics,
    drain,
    crashed: (error: unknown) => faults.recordLast("the server ended", error),
    signInLink: accounts.sessions.makeLink,
    async stopMachines() {
      await retention.close();
      await hooks.close();
      await commands.close();
      await notices.close();
      await fleet.close();
    },
    async close() {
      await faults.close();
      await database.close();
    },
  };
}

function endedBy({ ending }: RunRow): string | undefined {
  return fromJson(ending)?.reason?.code;
}
