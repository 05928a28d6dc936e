import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import type { RunEvent } from "../../protocol/events.ts";
import type { Result, RunCreated, RunView } from "../../protocol/run.ts";
import { codeDigest } from "../../blocks/digest.ts";
import type { PrivateJwk } from "../../blocks/keys.ts";
import { signBlock } from "../../blocks/sign.ts";
import { compose } from "../../server/compose.ts";
import { dataFolder, FIRST_PROJECT } from "../../server/settings/data-folder.ts";
import { prepareFolder } from "../../server/projects/first-start.ts";
import { listen } from "../../server/http/listen.ts";
import type { ServerOptions } from "../../server/main.ts";
import { readServerSettings } from "../../server/main.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { bareResponders } from "../services/ec2/bare-responder.ts";
import { startEc2, type Ec2Endpoint, type Ec2Options } from "../services/ec2/endpoint.ts";

const root = join(import.meta.dirname, "../..");

/** Times for machines that come and go within seconds. */
const TIMES: ServerOptions["times"] = {
  pace: { firstMs: 10, mostMs: 100, limitMs: 3000 },
  // A busy machine takes seconds to start a responder; 3000 is for tests that wait for none to come.
  policy: { bootMs: 20_000, coolDown: { firstMs: 60_000, mostMs: 60_000 } },
};

export interface Ec2SystemOptions {
  /** Settings of the server beside those that point at the endpoint. */
  env?: Record<string, string>;
  ec2?: Ec2Options;
  times?: ServerOptions["times"];
  /** Milliseconds within which a machine has to come up, where `times` does not say. */
  bootMs?: number;
  /** The responder as machines load it; absent: nothing is served to them. */
  bundle?: string;
  /** Called with the new data folder. */
  prepare?: (data: string) => void;
}

export type Ec2System = Awaited<ReturnType<typeof startEc2System>>;

/** A real server whose machines are bare responders behind an EC2 endpoint. */
export async function startEc2System(options: Ec2SystemOptions = {}) {
  const data = await mkdtemp(join(tmpdir(), "deferred-on-ec2-"));
  options.prepare?.(data);
  const hardware = bareResponders();
  const ec2 = await startEc2({ hardware, ...options.ec2 });
  const logged: Logged[] = [];
  const port = Number(await freePort());
  const start = async () => {
    const served = await serve(data, ec2, options, port, logged);
    server = served;
    return served;
  };
  let server: Awaited<ReturnType<typeof serve>>;
  server = await start();
  const key = await keyIn(data);

  const system = {
    ec2,
    data,
    url: server.url,
    /** What the servers logged. */
    logged,

    /** Resolves when a server has logged it. */
    says: (msg: string) => eventually(async () => logged.find((line) => line.msg === msg)),

    /** What a page sends to have a bash script run. */
    async sign(code: string): Promise<string> {
      const block = await signBlock(
        {
          iss: FIRST_PROJECT,
          aud: system.url,
          iat: Math.floor(Date.now() / 1000),
          jti: randomUUID(),
          code: codeDigest(canonicalCode(code)),
          runtime: "bash",
        },
        key,
      );
      return JSON.stringify({ block, code });
    },

    async press(body: string): Promise<RunCreated> {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${system.url}/v1/runs`, { method: "POST", headers, body });
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as RunCreated;
    },

    run: async (code: string): Promise<RunCreated> => system.press(await system.sign(code)),

    view: async ({ run_url }: RunCreated): Promise<RunView> =>
      (await (await fetch(run_url)).json()) as RunView,

    result: ({ result_url }: RunCreated): Promise<Result> =>
      eventually(async () => {
        const response = await fetch(result_url).catch(() => undefined);
        return response?.ok ? ((await response.json()) as Result) : undefined;
      }),

    /** What a reader is told, as it happens, until the run ends. */
    async *follow({ events_url }: RunCreated): AsyncGenerator<RunEvent> {
      const { body } = await fetch(events_url);
      let text = "";
      for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const lines = text.split("\n");
        text = lines.pop()!;
        for (const line of lines) {
          if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length)) as RunEvent;
        }
      }
    },

    /** Everything a reader was told of an ended run. */
    events: (run: RunCreated): Promise<RunEvent[]> => Array.fromAsync(system.follow(run)),

    /** Resolves when no instance is left that costs something or could be started. */
    nothingLeft: () =>
      eventually(async () => (ec2.existing().length === 0 ? (true as const) : undefined)),

    /** Closes the server; its machines go on. */
    stopServer: () => server.close(),

    /** Another server on the same record, at the same address. */
    async startServer(): Promise<void> {
      await start();
    },

    async close(): Promise<void> {
      await server.close();
      await ec2.close();
      await rm(data, { recursive: true, force: true });
    },
  };
  return system;
}

interface Logged {
  msg: string;
  machine?: string;
}

async function serve(
  data: string,
  ec2: Ec2Endpoint,
  options: Ec2SystemOptions,
  port: number,
  logged: Logged[],
) {
  const folder = dataFolder(data);
  const secrets = await prepareFolder(folder);
  let app: Awaited<ReturnType<typeof compose>>["app"] | undefined;
  const starting = () => new Response(null, { status: 503, headers: { "retry-after": "1" } });
  const listener = await listen("127.0.0.1", port, (request) => app?.fetch(request) ?? starting());
  const url = `http://127.0.0.1:${listener.port}`;
  const settings = readServerSettings({
    ...ec2.env,
    DEFERRED_DATA: data,
    DEFERRED_URL: url,
    DEFERRED_COMPUTE: "ec2",
    DEFERRED_EC2_LIFECYCLE: "ephemeral",
    DEFERRED_EC2_SECURITY_GROUP: "sg-0aaaaaaaaaaaaaaaa",
    DEFERRED_IDLE_S: "1",
    ...options.env,
  });
  // The SDK looks for keys where every program of AWS does; settings hold none.
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: ec2.keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ec2.keys.secretAccessKey,
  });
  const system = await compose({
    settings,
    folder,
    secrets,
    url,
    responderUrl: url,
    times: options.times ?? timesWith(options.bootMs),
    log: pino({ level: "debug" }, { write: (line) => void logged.push(JSON.parse(line)) }),
    responder: { command: "false", args: [] },
    assets: {
      widget: join(root, "test/fixtures/widget.js"),
      examples: join(root, "examples"),
      responder: options.bundle,
      version: "0.0.0",
    },
  });
  app = system.app;
  let closing: Promise<void> | undefined;
  const close = async () => {
    system.drain.begin();
    await system.stopMachines();
    const closed = listener.close(3000);
    system.drain.endStreams();
    await closed;
    await system.close();
  };
  return { url, close: () => (closing ??= close()) };
}

function timesWith(bootMs: number | undefined): ServerOptions["times"] {
  return bootMs === undefined ? TIMES : { ...TIMES, policy: { ...TIMES?.policy, bootMs } };
}

async function keyIn(data: string): Promise<PrivateJwk> {
  const keys = dataFolder(data).keys(FIRST_PROJECT);
  const [keyFile] = await readdir(keys);
  return JSON.parse(await readFile(join(keys, keyFile!), "utf8")) as PrivateJwk;
}
