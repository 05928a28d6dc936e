import { fork } from "node:child_process";
import { join } from "node:path";
import { paths } from "../../protocol/paths.ts";
import type { RunCreated } from "../../protocol/run.ts";
import { playMachine, type Call } from "../../test/server/played-machine.ts";
import { eventually } from "../../test/eventually.ts";
import { startTarget, type Target } from "../../test/security/fuzz/target.ts";
import { answerOf } from "./answer-of.ts";
import type { StreamsOrder, StreamsReport } from "./many-streams.ts";

interface Calls {
  postMs: number[];
  getMs: number[];
}

export interface StreamsFigures {
  /** Resident bytes of the server after garbage collection: before, with all streams open, and after. */
  rss: { before: number; open: number; after: number };
  heap: { before: number; open: number; after: number };
  /** With all streams open. */
  meanwhile: Calls;
  /** With no stream open. */
  alone: Calls;
  /** Milliseconds from a batch of output to its arrival at the last reader. */
  eventMs: number;
  openS: number;
}

const CALLS = 300;
const AT_ONCE = 4;
const MARK = "for all of them";
const RENEWED_MS = 3000;
const WARM_UP = 50;

/** Opens `streams` streams of one run on a new server, and measures that server. */
export async function openStreams(streams: number): Promise<StreamsFigures> {
  const target = await startTarget({ DEFERRED_TRUST_PROXY: "1" });
  const readers = fork(join(import.meta.dirname, "many-streams.ts"));
  const tell = async (order: StreamsOrder): Promise<StreamsReport> => {
    readers.send(order);
    return answerOf<StreamsReport>(readers);
  };
  const port = Number(new URL(target.url).port);
  const machine = playMachine(callsOf(target), target.launch, target.machineToken);
  const held = await machine.claimOne();
  const path = `${paths.events}?runs=${held.run}:0`;
  const renewal = setInterval(() => {
    const renewed = machine.post(paths.responder.renew, {
      runs: [{ run: held.run, attempt: held.attempt }],
    });
    void renewed.then((response) => {
      if (!response.ok) throw new Error(`The lease was not renewed: ${response.status}`);
    });
  }, RENEWED_MS);
  try {
    // Warm up: compiled code, caches and pools do not belong to a single stream.
    await tell({ do: "open", streams: WARM_UP, port, path });
    await tell({ do: "leave" });
    const alone = await calls(target, CALLS);
    const before = await target.memory();
    const began = performance.now();
    await tell({ do: "open", streams, port, path });
    const openS = (performance.now() - began) / 1000;
    const open = await target.memory();
    const meanwhile = await calls(target, CALLS);

    const sent = performance.timeOrigin + performance.now();
    const [report] = await Promise.all([
      tell({ do: "await", text: MARK }),
      machine.output(held, 1, { stream: "stdout", text: MARK }).then(async (told) => {
        if (!told.ok) throw new Error(await told.text());
      }),
    ]);
    if (report.open !== streams) throw new Error(`${report.open} streams of ${streams} are open.`);
    await tell({ do: "leave" });
    await eventually(async () => ((await openOn(target.url)) === 0 ? true : undefined));
    const after = await target.memory();
    return {
      rss: { before: before.rss, open: open.rss, after: after.rss },
      heap: { before: before.heap, open: open.heap, after: after.heap },
      alone,
      meanwhile,
      openS,
      eventMs: report.last - sent,
    };
  } finally {
    clearInterval(renewal);
    readers.kill();
    await target.close();
  }
}

const callsOf =
  ({ url }: Target): Call =>
  (method, path, body, headers) =>
    fetch(url + path, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

async function openOn(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^deferred_open_streams (\d+)$/m.exec(metrics)![1]);
}

/** Posts `many` runs, which wait, and gets each of them once. */
async function calls({ url, sign, code }: Target, many: number): Promise<Calls> {
  const postMs: number[] = [];
  const getMs: number[] = [];
  const timed = async (times: number[], work: () => Promise<Response>) => {
    const began = performance.now();
    const response = await work();
    const text = await response.text();
    times.push(performance.now() - began);
    if (!response.ok) throw new Error(text);
    return text;
  };
  const caller = async () => {
    for (let count = 0; count < many / AT_ONCE; count++) {
      const body = JSON.stringify({ block: await sign({ cache_s: undefined }), code });
      const headers = { "content-type": "application/json" };
      const request = { method: "POST", headers, body };
      const text = await timed(postMs, () => fetch(url + paths.runs, request));
      const { id } = JSON.parse(text) as RunCreated;
      await timed(getMs, () => fetch(url + paths.run(id)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return { postMs, getMs };
}
