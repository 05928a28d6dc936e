import type { Hono } from "hono";
import type { Logger } from "pino";
import type { LaunchFile } from "../protocol/responder.ts";
import { createApp } from "./http/app.ts";
import { publicPart, published } from "../blocks/keys.ts";
import { signReceipt, type Receipt } from "../blocks/receipt.ts";
import { verifyToken } from "../blocks/verify.ts";
import { createAttemptCalls } from "./commands/attempt-calls.ts";
import { createCaches } from "./commands/caches.ts";
import { composeOperator, type OperatorParts } from "./compose-operator.ts";
import { composeProjects, type ProjectParts } from "./compose-projects.ts";
import type { DataFolder } from "./settings/data-folder.ts";
import { openSqlite } from "./database/sqlite.ts";
import { whyNotWritable } from "./database/disk-trouble.ts";
import { prepareFirstProject, type Secrets } from "./projects/first-start.ts";
import { createFleet, type Fleet } from "./fleet/fleet.ts";
import { createLoopWatch } from "./fleet/clocks.ts";
import { isSandboxMissing } from "./fleet/wake-failures.ts";
import { runtimeRoutes } from "./fleet/runtime-routes.ts";
import type { ConfiguredProvider } from "./providers/provider.ts";
import type { Metrics } from "./operate/metrics/metrics.ts";
import { observedStorage } from "./operate/metrics/observed-storage.ts";
import { openApiDocument } from "./http/openapi/document.ts";
import { exampleSigner } from "./pages/example-signer.ts";
import { loadExamples } from "./pages/examples.ts";
import { notFoundPage } from "./pages/not-found.ts";
import { createPages } from "./pages/pages.ts";
import { ApiError } from "../protocol/deferred-error.ts";
import { createProjects } from "./projects/projects.ts";
import { createSealing } from "./database/sealing.ts";
import { createRetention } from "./operate/retention/retention.ts";
import { createRegistration, registrationToken } from "./responders/registration.ts";
import { responderRoutes } from "./responders/routes.ts";
import { createClaims } from "./runs/claims.ts";
import { createFeed } from "./runs/feed.ts";
import { createLeases } from "./runs/leases.ts";
import { logChange } from "./runs/log-changes.ts";
import { createLogReads } from "./runs/log-reads.ts";
import { runRoutes } from "./runs/routes.ts";
import type { RunRow } from "./runs/record.ts";
import { createRuns } from "./runs/runs.ts";
import { SHARED_POOL } from "./runs/submit.ts";
import type { ServerOptions } from "./main.ts";
import type { Settings } from "./settings/settings.ts";
import { createFsStorage } from "./storage/fs.ts";
import { publicUrlOf } from "./storage/public-url.ts";
import { createS3Storage } from "./storage/s3.ts";
import { storageRoutes } from "./storage/routes.ts";
import { keepWidgetScript, widgetRoutes } from "./pages/widget-script.ts";

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

/** The composition root: the only place that names implementations. */
export async function compose(options: ComposeOptions): Promise<{
  app: Hono;
  metrics: Metrics;
  drain: OperatorParts["drain"];
  /** Puts on record what ends the process. */
  crashed(error: unknown): void;
  /** A link that signs one browser in, once. */
  signInLink(): Promise<{ url: string; expires_at: string }>;
  stopMachines(): Promise<void>;
  close(): Promise<void>;
}> {
  const { settings, folder, secrets, url } = options;
  const now = () => Date.now();
  const begunAt = now();
  const operator = composeOperator({ ...options, now });
  const { log, metrics, fences, drain, door } = operator;
  const { provider } = settings;
  const responderUrl = provider.sharesHost ? options.responderUrl : url;
  const { secret, receiptKey } = secrets;
  const resultsUrl =
    settings.resultsUrl ?? (settings.storage === "s3" ? publicUrlOf(settings.s3) : url);
  const addresses = { url, resultsUrl };
  const { assets } = options;
  const widget = await keepWidgetScript(assets.widget, assets.version, folder.scripts);
  const examples = await loadExamples(assets.examples);

  const database = await openSqlite(folder.database, {
    flushFailed(error) {
      operator.faults.recordLast("the database was not flushed", error);
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
  const { allowPrivate } = settings;
  const sealing = createSealing(secret);
  const projects = createProjects({
    ...{ database, sealing, now, gitHubApi: settings.gitHubApi },
    addresses: { allowPrivate },
  });
  const demoKey = await prepareFirstProject(folder, projects);
  const feed = createFeed();
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

  // These tell each other of changes, so some have to be named before they exist.
  let fleet: Fleet;
  let parts: ProjectParts;
  const runsDeps = {
    database,
    storage,
    feed,
    addresses,
    secret,
    registry: projects,
    signReceipt: (receipt: Omit<Receipt, "iss">) =>
      signReceipt({ iss: url, ...receipt }, receiptKey),
    now,
    log,
    onDemand: () => fleet.reconsider(),
    onChanged(row: RunRow) {
      logChange(log, row);
      metrics.changed(row, now());
      parts.onChanged(row);
    },
    admit: fences.admit,
    room: fences.room,
    onAttemptLost: metrics.attemptLost,
    onShared: metrics.shared,
    completeWork: (row: RunRow) => parts.completeWork(row),
  };
  const runs = createRuns(runsDeps);
  const readLog = createLogReads({ ...runsDeps, resultStored: runs.resultStored });
  const claims = createClaims(runsDeps, runs);
  const leases = createLeases(runsDeps, runs);

  const launchFile = (launchId: string): LaunchFile => ({
    server_url: responderUrl,
    launch_id: launchId,
    registration_token: registrationToken(secret, launchId),
    idle_s: settings.idleS,
    ...provider.launchFacts,
  });
  const { pace, policy } = options.times ?? {};
  const { queries } = database;
  const { responder } = options;
  const compute = await provider.createCompute({
    queries,
    folder,
    url,
    launchFile,
    responder,
    log,
    pace,
  });
  const steady = () => performance.now();
  fleet = createFleet({
    database,
    compute,
    runs,
    leases,
    policy: { ...provider.policy, ...policy },
    launchFile,
    now,
    steady,
    loop: createLoopWatch(steady),
    log,
  });
  const registration = createRegistration({
    database,
    secret,
    serverUrl: responderUrl,
    now,
    attemptsLost: leases.attemptsLost,
    onWoken: metrics.woken,
  });

  const retention = createRetention({
    ...runsDeps,
    days: settings.retentionDays,
    removeUnusedCaches: createCaches(runsDeps).removeUnused,
  });
  const { version } = assets;
  parts = composeProjects({
    ...{ ...runsDeps, settings, projects, runs, readLog, fleet, metrics, door, url, version },
    faults: operator.faults.list,
    noticeDelays: options.times?.noticeDelays,
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
  const openapi = () => (document ??= openApiDocument(app, { url, version }));
  const app: Hono = createApp({
    log,
    notFoundPage: async (c) => notFoundPage({ version, signedIn: await parts.isSignedIn(c) }),
    answered: metrics.answered,
    fences: [
      operator.noticeProxy,
      operator.bodies.account(),
      fences.guessing(),
      drain.refuseWork(),
    ],
    openapi,
    jwks: {
      keys: [published(publicPart(receiptKey), receiptKey.kid)],
    },
    notReady: async () => {
      if (drain.draining) return "It is being restarted.";
      const kept = settings.storage === "fs" ? [folder.root, folder.storage] : [folder.root];
      const unwritable = await whyNotWritable(kept);
      if (unwritable !== undefined) return unwritable;
      if (!provider.sharesHost || !(await isSandboxMissing(queries, begunAt))) return undefined;
      return "This machine has no working sandbox: install bubblewrap.";
    },
    responders: responderRoutes({
      registration,
      claims,
      leases,
      commands: createAttemptCalls({ ...runsDeps, runs, leases }),
      fleet,
      closing: drain.closing,
    }),
    routes: [
      ...parts.routes,
      runRoutes({
        runs,
        access: parts.access,
        ...{ database, feed, readLog, door },
        limit: fences.request,
        async wake(block, origin) {
          const options = { registry: projects, audience: url, origin, now: now() };
          const { claims } = await verifyToken(block, options);
          if (claims.origins === undefined) throw new ApiError("wake_refused");
          return fleet.hint(SHARED_POOL, claims.iss);
        },
      }),
      runtimeRoutes(queries, SHARED_POOL),
      storageRoutes(onDisk),
      ...operator.routes({ database, access: parts.access, url }),
      ...downloads,
      widgetRoutes(widget, folder.scripts),
      createPages({
        examples: exampleSigner({ examples, key: demoKey, url }),
        openapi,
        serverUrl: url,
        resultsUrl,
        scriptUrl: `${url}/deferred-runner.js`,
        pinnedScript: { url: url + widget.path, integrity: widget.integrity },
        isSignedIn: parts.isSignedIn,
        version,
      }),
    ],
  });

  fleet.begin();
  parts.begin();
  retention.begin();
  return {
    app,
    metrics,
    drain,
    crashed: (error: unknown) => operator.faults.recordLast("the server ended", error),
    signInLink: parts.signInLink,
    async stopMachines() {
      await retention.close();
      await parts.close();
      await fleet.close();
    },
    async close() {
      await operator.faults.close();
      await database.close();
    },
  };
}
