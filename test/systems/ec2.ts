import { rm } from "node:fs/promises";
import { pino } from "pino";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { respondersHere } from "../services/ec2/responder-here.ts";
import { startEc2, type Ec2Options } from "../services/ec2/endpoint.ts";
import { createClient } from "./client.ts";
import { makeDataFolder } from "./data-folder.ts";
import { serveComposed, type SystemOptions } from "./in-process.ts";

/** Times for machines that come and go within seconds. */
const TIMES: SystemOptions["times"] = {
  pace: { firstMs: 10, maxMs: 100, limitMs: 3000 },
  // A busy machine takes seconds to start a responder; 3000 is for tests that wait for none to come.
  policy: { bootMs: 20_000, coolDown: { firstMs: 60_000, maxMs: 60_000 } },
};

export interface Ec2SystemOptions extends Pick<SystemOptions, "env" | "times" | "bundle"> {
  ec2?: Ec2Options;
  /** Milliseconds within which a machine has to come up, where `times` does not say. */
  bootMs?: number;
}

export type Ec2System = Awaited<ReturnType<typeof startEc2System>>;

/** A real server whose machines are responders behind an EC2 endpoint, all in this process unless `ec2` says else. */
export async function startEc2System(options: Ec2SystemOptions = {}) {
  const data = await makeDataFolder("deferred-on-ec2-");
  const hardware = respondersHere();
  const ec2 = await startEc2({ hardware, ...options.ec2 });
  const logged: { msg: string; machine?: string; reason?: string }[] = [];
  const port = Number(await freePort());
  // The SDK looks for keys where every program of AWS does; settings hold none.
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: ec2.keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ec2.keys.secretAccessKey,
  });
  const serve = () =>
    serveComposed({
      data,
      port,
      env: {
        ...ec2.env,
        DEFERRED_URL: `http://127.0.0.1:${port}`,
        DEFERRED_COMPUTE: "ec2",
        DEFERRED_EC2_LIFECYCLE: "ephemeral",
        DEFERRED_EC2_SECURITY_GROUP: "sg-0aaaaaaaaaaaaaaaa",
        DEFERRED_IDLE_S: "1",
        ...options.env,
      },
      times: options.times ?? timesWith(options.bootMs),
      log: pino({ level: "debug" }, { write: (line) => void logged.push(JSON.parse(line)) }),
      responder: { command: "false", args: [] },
      bundle: options.bundle,
    });
  let server = await serve();

  return {
    ...(await createClient({ url: server.url, data })),
    ec2,
    data,
    url: server.url,
    /** What the servers logged. */
    logged,

    /** Resolves when a server has logged it. */
    says: (msg: string) => eventually(async () => logged.find((line) => line.msg === msg)),

    /** Resolves when no instance is left that costs something or could be started. */
    nothingLeft: () =>
      eventually(async () => (ec2.existing().length === 0 ? (true as const) : undefined)),

    /** Closes the server; its machines go on. */
    stopServer: () => server.close(),

    /** Another server on the same record, at the same address. */
    async startServer(): Promise<void> {
      server = await serve();
    },

    async close(): Promise<void> {
      await server.close();
      await ec2.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

function timesWith(bootMs: number | undefined): SystemOptions["times"] {
  return bootMs === undefined ? TIMES : { ...TIMES, policy: { ...TIMES?.policy, bootMs } };
}
