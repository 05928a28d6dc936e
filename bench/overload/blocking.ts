import { once } from "node:events";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "../../protocol/paths.ts";
import { createClient } from "../../test/systems/client.ts";
import { startServing } from "../../test/systems/process.ts";
import { percentile, spread, type Bench, type Figure } from "../figure.ts";
import { signSnippet, SNIPPETS, timeRun } from "../warm/snippets.ts";

/** The two sides take turns, so that a host that slows down affects both. */
const BLOCKS = 3;
const BLOCK = 10;
const WARM_UP = 8;
const MB = 2 ** 20;
/** Connections of one kind that are held at once. */
const HELD = 20;
const CLEANED_MS = 500;

type Client = Awaited<ReturnType<typeof createClient>>;

/** Something that goes on meanwhile; resolves with how it is ended. */
type Neighbour = (client: Client, url: string) => Promise<() => Promise<unknown>>;

/** Runs again and again until it is ended. */
const repeat =
  (code: string): Neighbour =>
  async (client) => {
    let over = false;
    const ran = (async () => {
      while (!over) for await (const event of client.follow(await client.run(code))) void event;
    })();
    return async () => {
      over = true;
      await ran;
    };
  };

/** Those that print or leave much keep a processor busy, which short runs share. */
const NEIGHBOURS: { name: string; bound: number; begin: Neighbour }[] = [
  {
    name: "two slow runs",
    bound: 1.5,
    async begin(client, url) {
      const slow = repeat("sleep 3");
      const ends = [await slow(client, url), await slow(client, url)];
      return async () => Promise.all(ends.map((end) => end()));
    },
  },
  {
    name: `${HELD} readers of a long output that read nothing`,
    bound: 1.5,
    async begin(client, url) {
      const run = await client.run(`head -c ${MB} /dev/zero | tr '\\0' x | fold -w 99`);
      const agent = new Agent({ keepAlive: false });
      const open = Array.from({ length: HELD }, async () => {
        const call = request(url + paths.runEvents(run.id), { agent }).end();
        const [response] = (await once(call, "response")) as [NodeJS.ReadableStream];
        response.pause();
        return call;
      });
      const calls = await Promise.all(open);
      return async () => {
        for (const call of calls) call.destroy();
      };
    },
  },
  {
    name: `${HELD} requests that come byte by byte`,
    bound: 1.5,
    async begin(client, url) {
      const body = await client.request("echo 1");
      const headers = { "content-type": "application/json", "content-length": body.length };
      const agent = new Agent({ keepAlive: false });
      const calls = Array.from({ length: HELD }, () => {
        const call = request(url + paths.runs, { method: "POST", agent, headers });
        call.on("error", () => {}); // It is broken off at the end.
        return call;
      });
      let sent = 0;
      const timer = setInterval(() => {
        for (const call of calls) call.write(body[sent] ?? "");
        sent++;
      }, 50);
      return async () => {
        clearInterval(timer);
        for (const call of calls) call.destroy();
      };
    },
  },
  {
    name: "runs that print 20 MB each",
    bound: 4,
    begin: repeat(`head -c ${20 * MB} /dev/zero | tr '\\0' x`),
  },
  {
    name: "runs that leave 8 MB each",
    bound: 4,
    begin: repeat(`head -c ${8 * MB} /dev/urandom > artifacts/data.bin`),
  },
];

export const blocking: Bench = {
  name: "blocking",
  summary:
    "Short runs beside slow runs, slow readers, slow requests, long outputs and large artifacts.",
  async run() {
    const served = await startServing({ DEFERRED_LOG: "error" });
    const figures: Figure[] = [];
    try {
      const client = await createClient(served);
      const body = await signSnippet(served, SNIPPETS.python);
      const measure = async () => {
        const times: number[] = [];
        while (times.length < BLOCK) times.push(await timeRun(served.url, body));
        return times;
      };
      for (let count = 0; count < WARM_UP; count++) await timeRun(served.url, body);
      for (const { name, bound, begin } of NEIGHBOURS) {
        const alone: number[] = [];
        const beside: number[] = [];
        for (let block = 0; block < BLOCKS; block++) {
          alone.push(...(await measure()));
          const end = await begin(client, served.url);
          beside.push(...(await measure()));
          await end();
          await sleep(CLEANED_MS);
        }
        figures.push({
          name: `a short run beside ${name}`,
          measured: spread(beside),
          beside: `alone ${spread(alone)}`,
          value: percentile(beside, 0.5) / percentile(alone, 0.5),
          bound,
          unit: "×",
        });
      }
      return figures;
    } finally {
      await served.clear();
    }
  },
};
