import { writeFile } from "node:fs/promises";
import type { Hono } from "hono";
import { pino } from "pino";
import { collectDefaultMetrics } from "prom-client";
import { compose } from "./compose.ts";
import type { ServerOptions } from "./operate/options.ts";
import type { ConfiguredProvider } from "./providers/provider.ts";
import { PROVIDERS } from "./providers/registry.ts";
import { dataFolder } from "./settings/data-folder.ts";
import { prepareFolder } from "./projects/first-start.ts";
import { oneAtATime } from "./database/one-at-a-time.ts";
import { isLoopback, listen, reachableHost, type Fetch, type Listener } from "./http/listen.ts";
import { logOptions } from "./logs/log.ts";
import { standardError } from "./logs/standard-error.ts";
import { PROBLEM_TYPE, problemOf } from "./http/problem.ts";
import { readSettingsWith, type Settings } from "./settings/settings.ts";

export type { ServerOptions } from "./operate/options.ts";
export { logOptions } from "./logs/log.ts";
export { DEFERRED } from "./pages/command-line.ts";

/** How long a closing server waits for requests in flight. */
const PATIENCE_MS = 3000;

/** Settings with their provider of machines. */
export type ServerSettings = Settings & { provider: ConfiguredProvider };

/** Settings from environment variables, each with its default. Throws `SettingsError`. */
export function readServerSettings(
  env: Record<string, string | undefined>,
  providers = PROVIDERS,
): ServerSettings {
  return readSettingsWith(env, providers);
}

/** Starts everything; rejects with Node's own error if the port or the data folder is not available. */
export async function startServer(
  settings: ServerSettings,
  options: ServerOptions,
): Promise<{
  url: string;
  /** A link that signs one browser in, once. */
  signInLink(): Promise<{ url: string; expires_at: string }>;
  /** Records the error that ends the process. */
  crashed(error: unknown): void;
  close(): Promise<void>;
}> {
  const log = options.log ?? pino(logOptions(settings.logLevel), standardError());
  const folder = dataFolder(settings.data);
  const secrets = await prepareFolder(folder, settings.secret);

  // Listens first: with port 0 the URL is known only then, and a port in use fails before anything is opened. Until
  // the rest has started, the answer is 503.
  let app: Hono | undefined;
  const fetch: Fetch = (request, environment) => app?.fetch(request, environment) ?? starting();
  const { limits, trustProxy } = settings;
  const listeners = [
    await listen(settings.host, settings.port, fetch, {
      connections: limits.connections,
      // Behind a proxy all connections have the proxy's address.
      connectionsOfAddress: trustProxy ? 0 : limits.connectionsOfAddress,
    }),
  ];
  try {
    const port = listeners[0]!.port;
    const url = settings.url ?? `http://${reachableHost(settings.host)}:${port}`;
    const responderUrl = await addressForResponders(settings.host, port, fetch, listeners);
    const note = { url, pid: process.pid, proxied: false };
    // Overwrites in place instead of by rename: this works on a full disk too, on which a server has to start.
    const writeNote = oneAtATime(() => writeFile(folder.serverFile, JSON.stringify(note)));
    const proxySeen = () => {
      note.proxied = true;
      writeNote().catch((error: unknown) =>
        log.warn({ err: error }, "server.json was not written"),
      );
    };
    const parts = { settings, folder, secrets, url, responderUrl, log, proxySeen };
    const system = await compose({ ...options, ...parts });
    app = system.app;
    collectDefaultMetrics({ register: system.metrics.registry });
    await writeNote();
    log.info({ url, data: folder.root }, "ready");

    let closing: Promise<void> | undefined;
    const close = async () => {
      system.drain.begin();
      // Local machines stop first, while the server still accepts the runs that they hand back.
      await system.stopMachines();
      const closed = listeners.map((listener) => listener.close(PATIENCE_MS));
      // Streams end after the listeners have closed, so that clients reconnect to the next server.
      system.drain.endStreams();
      await Promise.all(closed);
      await system.close();
    };
    const { signInLink, crashed } = system;
    return { url, signInLink, crashed, close: () => (closing ??= close()) };
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
}

/** Responders on this machine call over loopback; a server at another address listens there as well. */
async function addressForResponders(
  host: string,
  port: number,
  fetch: Fetch,
  listeners: Listener[],
): Promise<string> {
  const wildcard = host === "0.0.0.0" || host === "::";
  if (wildcard || isLoopback(host)) return `http://${reachableHost(host)}:${port}`;
  const listener = await listen("127.0.0.1", 0, fetch);
  listeners.push(listener);
  return `http://127.0.0.1:${listener.port}`;
}

function starting(): Response {
  return Response.json(problemOf("overloaded", "The server is starting."), {
    status: 503,
    headers: { "retry-after": "1", "content-type": PROBLEM_TYPE, "cache-control": "no-store" },
  });
}
