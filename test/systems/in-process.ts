import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { compose } from "../../server/compose.ts";
import { listen } from "../../server/http/listen.ts";
import { readServerSettings, type ServerOptions } from "../../server/main.ts";
import { prepareFolder } from "../../server/projects/first-start.ts";
import type { PROVIDERS } from "../../server/providers/registry.ts";
import { dataFolder } from "../../server/settings/data-folder.ts";
import { RESPONDER, shareCompiled } from "../compiled.ts";
import { createClient } from "./client.ts";
import { makeDataFolder } from "./data-folder.ts";
import type { AtEnd } from "./process.ts";

const root = join(import.meta.dirname, "../..");

/** The pages' assets; with `responder`, machines can load that bundle. */
export const assetsWith = (responder?: string) => ({
  widget: join(root, "test/fixtures/widget/deferred-runner.js"),
  examples: join(root, "examples"),
  guides: join(root, "dist/guides/guides.json"),
  version: "0.0.0",
  ...(responder && { responder }),
});

/** What a test changes about a system of this process, whichever way it starts it. */
export interface SystemOptions {
  /** More settings. */
  env?: Record<string, string>;
  /** How local machines are started. */
  responder?: ServerOptions["responder"];
  times?: ServerOptions["times"];
  channels?: ServerOptions["channels"];
  providers?: typeof PROVIDERS;
  /** The responder as machines load it; absent: nothing is served to them. */
  bundle?: string;
}

interface Composed extends SystemOptions {
  data: string;
  url: string;
  log?: pino.Logger;
}

/** The whole server without a socket. */
export async function composeServer({ data, url, env, providers, ...options }: Composed) {
  const settings = readServerSettings({ DEFERRED_DATA: data, ...env }, providers);
  const folder = dataFolder(data);
  const secrets = await prepareFolder(folder, settings.secret);
  const system = await compose({
    settings,
    folder,
    secrets,
    url,
    responderUrl: url,
    log: options.log ?? pino({ level: "silent" }),
    responder: options.responder ?? responderWith(),
    times: options.times,
    channels: options.channels,
    assets: assetsWith(options.bundle),
  });
  return { ...system, folder };
}

/** Answers a request in the server's place, or passes it on and may change what comes back. */
export type Intercept = (
  request: Request,
  passOn: (request: Request) => Promise<Response>,
) => Promise<Response>;

/** The whole server behind a socket of this process. */
export async function serveComposed(
  options: Omit<Composed, "url"> & {
    port?: number;
    /** The name of this machine in the public URL. */
    host?: "127.0.0.1" | "localhost";
    intercept?: Intercept;
  },
) {
  const {
    port = 0,
    host = "127.0.0.1",
    intercept = (request, passOn) => passOn(request),
  } = options;
  let app: Awaited<ReturnType<typeof compose>>["app"] | undefined;
  const starting = () => new Response(null, { status: 503, headers: { "retry-after": "1" } });
  const passOn = async (request: Request) => app?.fetch(request) ?? starting();
  const listener = await listen("127.0.0.1", port, (request) => intercept(request, passOn));
  const url = `http://${host}:${listener.port}`;
  const system = await composeServer({ ...options, url });
  app = system.app;
  const close = async () => {
    system.drain.begin();
    await system.stopMachines();
    const closed = listener.close(3000);
    system.drain.endStreams();
    await closed;
    await system.close();
  };
  let closing: Promise<void> | undefined;
  return { url, folder: system.folder, close: () => (closing ??= close()) };
}

/** A real server with real responders, and a test in between that can let calls fail. */
export async function startIntercepted(
  intercept: Intercept,
  {
    atEnd = onTestFinished,
    ...options
  }: SystemOptions & {
    /** Of a test that runs beside others: its own. */
    atEnd?: AtEnd;
  } = {},
) {
  const data = await makeDataFolder("deferred-between-");
  shareCompiled(data);
  const { url, folder, close } = await serveComposed({ data, intercept, ...options });
  atEnd(async () => {
    await close();
    await rm(data, { recursive: true, force: true });
  });

  return {
    ...(await createClient({ url, data })),
    url,
    data,
    /** The machines' folder: their responders have it in their command lines. */
    machines: folder.machines,

    /** What the only machine's responder has logged so far. */
    async log(): Promise<string> {
      const [machine = ""] = await readdir(folder.machines).catch(() => []);
      return readFile(join(folder.machines, machine, "responder.log"), "utf8").catch(() => "");
    },
  };
}

/** The responder as it is, with more arguments. */
export function responderWith(...args: string[]): { command: string; args: string[] } {
  return { command: process.execPath, args: [RESPONDER, ...args] };
}

/** What `request` carries, without using it up. */
export async function bodyOf<Body>(request: Request): Promise<Body> {
  return (await request.clone().json()) as Body;
}

/** `response` with some of its JSON changed. */
export async function changed(response: Response, changes: object): Promise<Response> {
  const body = (await response.json()) as object;
  return Response.json({ ...body, ...changes }, { status: response.status });
}
