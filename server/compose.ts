import type { Hono } from "hono";
import { publicPart, published } from "../blocks/keys.ts";
import { createReceiptSigner } from "../blocks/receipt.ts";
import { createAccountsPart } from "./accounts/index.ts";
import { createCommandsPart } from "./commands/index.ts";
import { createSealing } from "./database/sealing.ts";
import { openSqlite } from "./database/sqlite.ts";
import { createFleetPart } from "./fleet/index.ts";
import { createGistsPart } from "./gists/index.ts";
import { createHooksPart } from "./hooks/index.ts";
import { createApp } from "./http/app.ts";
import { createTrafficPart } from "./http/index.ts";
import { openApiDocument } from "./http/openapi/document.ts";
import { createMailer } from "./mail/mailer.ts";
import { createNoticesPart } from "./notices/index.ts";
import { createChecks } from "./operate/checks.ts";
import { createOperatePart } from "./operate/index.ts";
import { observedStorage } from "./operate/metrics/observed-storage.ts";
import { addTrafficGauges } from "./operate/metrics/traffic-gauges.ts";
import type { ComposeOptions, System } from "./operate/options.ts";
import { readQueue } from "./operate/queue.ts";
import { createReadiness } from "./operate/readiness.ts";
import { createRetention } from "./operate/retention/retention.ts";
import { createPagesPart } from "./pages/index.ts";
import { prepareFirstProject } from "./projects/first-start.ts";
import { createBlockFiles, createProjects, projectsRoutes } from "./projects/index.ts";
import { createRespondersPart } from "./responders/index.ts";
import { registrationToken } from "./responders/registration.ts";
import { createAdmission } from "./runs/admission.ts";
import { createRunsPart } from "./runs/index.ts";
import { logChange } from "./runs/log-changes.ts";
import { limitsByVariable } from "./settings/limits.ts";
import { createStoragePart } from "./storage/index.ts";

/** The composition root: the only place that names implementations. */
export async function compose(options: ComposeOptions): Promise<System> {
  const { settings, folder, secrets, url, assets } = options;
  const { provider, metricsToken, allowPrivate, gitHubApi, limits, trustProxy } = settings;
  const { secret, receiptKey } = secrets;
  const now = () => Date.now();
  const steady = () => performance.now();
  const responderUrl = provider.sharesHost ? options.responderUrl : url;
  const operate = createOperatePart({ folder, log: options.log, metricsToken, now });
  const { log, metrics, faults } = operate;
  const { refused } = metrics;
  const { admit, checkQueue } = createAdmission({ limits, steady, refused });
  const traffic = createTrafficPart({
    bodiesFolder: folder.bodies,
    limits,
    trustProxy,
    steady,
    refused,
    log,
    proxySeen: options.proxySeen,
  });
  addTrafficGauges(metrics, traffic);
  const { callers, streamAdmission, drain } = traffic;
  const flushFailed = (error: Error) => operate.flushFailed(error, options.diskFailed);
  const database = await openSqlite(folder.database, { flushFailed });
  const sealing = createSealing(secret);
  const { smtpUrl, mailFrom: from } = settings;
  const mailer = smtpUrl ? await createMailer({ smtpUrl, from, url }) : undefined;
  const projectDeps = { database, sealing, now, gitHubApi };
  const projects = createProjects({ ...projectDeps, addresses: { allowPrivate } });
  const { people } = settings;
  const accounts = createAccountsPart({
    ...{ database, projects, people, mailer, secret, callers, url, now, steady, log },
  });
  const { access, sessions } = accounts;
  const stored = await createStoragePart({
    ...{ settings, folder, database, responderUrl, url, secret, now },
  });
  const addresses = { url, resultsUrl: stored.resultsUrl };
  const storage = observedStorage(stored.storage, metrics.storageFailed);
  const checks = createChecks({ queries: database.queries, folder, settings, storage, now });
  const signReceipt = createReceiptSigner(receiptKey);
  const blockFiles = createBlockFiles({ database, storage, now });
  const runs = createRunsPart({
    database,
    storage,
    addresses,
    secret,
    registry: projects,
    signReceipt: async (receipt) => signReceipt({ iss: url, ...receipt }),
    now,
    log,
    admit,
    checkQueue,
    onAttemptLost: metrics.attemptLost,
    onShared: metrics.shared,
  });
  const commands = createCommandsPart({
    database,
    storage,
    runs,
    projects,
    blockFiles,
    addresses,
    checkQueue,
    allowPrivate,
    now,
    log,
  });
  const hooks = createHooksPart({
    ...{ database, projects, access, allowPrivate, gitHubApi, now, log },
    commands: commands.commands,
    onDelivery: metrics.delivered,
  });
  const { notices, routes: noticeRoutes } = createNoticesPart({
    ...{ database, sealing, projects, access, mailer, gitHubApi, allowPrivate, url, now, log },
    summary: commands.views.summary,
    channels: options.channels,
    delays: options.times?.noticeDelays,
    onTried: metrics.noticed,
  });
  const machines = await createFleetPart({
    database,
    folder,
    runs,
    provider,
    responder: options.responder,
    url,
    responderUrl,
    registrationToken: (launchId) => registrationToken(secret, launchId),
    idleS: settings.idleS,
    release: assets.version,
    times: options.times ?? {},
    now,
    log,
  });
  const { fleet } = machines;
  runs.changes.subscribe({
    demand: fleet.demand,
    changed(row) {
      logChange(log, row);
      metrics.changed(row, now());
      commands.changed(row);
      notices.changed(row);
    },
  });
  const removals = commands.removals(fleet.forget);
  const retention = createRetention({
    database,
    storage,
    removeUnusedCaches: commands.caches.removeUnused,
    removeUnneededFiles: blockFiles.removeUnneeded,
    purgeProjects: removals.purgeRemoved,
    days: settings.retentionDays,
    now,
    log,
  });

  const { gitHubToken: token } = settings;
  const gists = createGistsPart({ api: gitHubApi, token, callers, now, steady });
  const objects = stored.isRemote ? { storage, publicUrl: stored.resultsUrl } : undefined;
  let document: Promise<object> | undefined;
  const openapi = () => (document ??= openApiDocument(app, { url, version: assets.version }));
  const pages = await createPagesPart({
    commands,
    hooks,
    removals,
    wakes: machines.wakes,
    machines: machines.pages,
    accounts,
    projects,
    blockFiles,
    runs,
    notices,
    faults,
    checks,
    queue: () => readQueue(database.queries, now()),
    limits: limitsByVariable(limits),
    streamAdmission,
    callers,
    findGistFile: gists.find,
    assets,
    scriptsFolder: folder.scripts,
    demoKey: await prepareFirstProject(folder, projects),
    openapi,
    url,
    resultsUrl: stored.resultsUrl,
    secret,
    now,
  });

  const app: Hono = createApp({
    log,
    notFoundPage: pages.notFound,
    answered: metrics.answered,
    middleware: [...traffic.middleware, accounts.middleware],
    openapi,
    jwks: { keys: [published(publicPart(receiptKey), receiptKey.kid)] },
    notReady: createReadiness({
      folders: settings.storage === "fs" ? [folder.root, folder.storage] : [folder.root],
      draining: () => drain.draining,
      sandboxMissing: machines.sandboxMissing,
    }),
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
      commands.routes({ access, streamAdmission, fleet }),
      projectsRoutes({
        projects,
        blockFiles,
        access,
        url,
        now,
        lastRun: commands.views.lastRun,
        remove: removals.remove,
      }),
      accounts.tokenRoutes,
      hooks.routes,
      noticeRoutes,
      runs.routes({ access, streamAdmission, callers, hint: machines.hint }),
      machines.routes({ access, projects }),
      gists.routes,
      stored.routes(runs.runs.whyResultMissing),
      ...operate.routes({ database, access, url, noteBackup: checks.noteBackup }),
      ...(await machines.downloads(assets.responder, objects)),
      ...pages.routes,
    ],
  });

  const begun = [fleet, notices, commands, hooks, retention];
  for (const part of begun) part.begin();
  return {
    app,
    metrics,
    drain,
    crashed: (error: unknown) => faults.recordLast("the server ended", error),
    signInLink: sessions.makeLink,
    async stopMachines() {
      for (const part of begun.toReversed()) await part.close();
    },
    async close() {
      await faults.close();
      await database.close();
    },
  };
}
