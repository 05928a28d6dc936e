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

/** How long a server that closes waits for requests that are under way. */
const PATIENCE_MS = 3000;

/** Settings with the provider of machines that they name. */
export type ServerSettings = Settings & { provider: ConfiguredProvider };

/** Settings from environment variables, each with its default. Throws `SettingsError`. */
export function readServerSettings(
  env: Record<string, string | undefined>,
  providers = PROVIDERS,
): ServerSettings {
  return readSettingsWith(env, providers);
}

/** Starts everything; rejects with Node's own error where the port or the data folder can't be had. */
export async function startServer(
  settings: ServerSettings,
  options: ServerOptions,
): Promise<{
  url: string;
  /** A link that signs one browser in, once. */
  signInLink(): Promise<{ url: string; expires_at: string }>;
  /** Puts on record what ends the process. */
  crashed(error: unknown): void;
  close(): Promise<void>;
}> {
  const log = options.log ?? pino(logOptions(settings.logLevel), standardError());
  const folder = dataFolder(settings.data);
  const secrets = await prepareFolder(folder, settings.secret);

  // Listening comes first: with port 0 the URL is known only then, and a port in use shows before
  // anything is opened. Until the rest is there, the answer is 503.
  let app: Hono | undefined;
  const fetch: Fetch = (request, environment) => app?.fetch(request, environment) ?? starting();
  const { limits, trustProxy } = settings;
  const listeners = [
    await listen(settings.host, settings.port, fetch, {
      connections: limits.connections,
      // Behind a proxy all connections are the proxy's.
      connectionsOfAddress: trustProxy ? 0 : limits.connectionsOfAddress,
    }),
  ];
  try {
    const port = listeners[0]!.port;
    const url = settings.url ?? `http://${reachableHost(settings.host)}:${port}`;
    const responderUrl = await addressForResponders(settings.host, port, fetch, listeners);
    const note = { url, pid: process.pid, proxied: false };
    // In place: on a full disk there is room for what is there already, and a server starts with it.
    const writeNote = oneAtATime(() => writeFile(folder.serverFile, JSON.stringify(note)));
    const proxySeen = () => {
      note.proxied = true;
      writeNote().catch((error: unknown) =>
        log.warn({ err: error }, "server.json was not written"),
      );
    };
    const system = await compose({
      ...{ ...options, settings, folder, secrets, url, responderUrl, log, proxySeen },
    });
    app = system.app;
    collectDefaultMetrics({ register: system.metrics.registry });
    await writeNote();
    log.info({ url, data: folder.root }, "ready");

    let closing: Promise<void> | undefined;
    const close = async () => {
      system.drain.begin();
      // Machines that go with it go first, while they can still hand their runs back.
      await system.stopMachines();
      const closed = listeners.map((listener) => listener.close(PATIENCE_MS));
      // Whoever is cut off now comes back at once: to the server that is started next.
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

/** Responders on this machine call over loopback; where the server is elsewhere, it also listens there. */
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
