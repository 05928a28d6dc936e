import { Agent, request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { paths } from "../../protocol/paths.ts";
import type { Problem } from "../../protocol/errors.ts";
import type { RunCreated } from "../../protocol/run.ts";

/** What the readers of one project send. */
export interface Load {
  project: string;
  /** The body of `POST /v1/runs`. */
  body: string;
  /** Requests a second, whatever the answers are; or clients that each wait for their run's end. */
  perS?: number;
  clients?: number;
}

export interface SendOrder {
  url: string;
  seconds: number;
  loads: Load[];
}

/** One request and its answer. */
export interface Sent {
  project: string;
  /** Milliseconds until the answer. */
  postMs: number;
  status: number;
  run?: Pick<RunCreated, "id" | "result_url">;
  /** Of a refusal. */
  code?: string;
  retryAfter?: string;
  /** The fault of an answer or a stream. */
  wrong?: string;
}

export interface SendReport {
  sent: Sent[];
  /** CPU milliseconds of this process meanwhile: it shares the processors with the server. */
  cpuMs: number;
}

/** Of ten readers, as many follow their run's events, and half of these leave in the middle. */
const FOLLOWERS = 2;
const LEAVE_MS = 300;
const TICK_MS = 10;

const calls = new Agent({ keepAlive: true, maxSockets: 256 });
const streams = new Agent({ keepAlive: false });
let readers = 0;

function call(
  method: string,
  url: string,
  { agent, body = "" }: { agent: Agent; body?: string },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    readers++;
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "x-forwarded-for": `10.${(readers >> 16) & 255}.${(readers >> 8) & 255}.${readers & 255}`,
    };
    request(url, { method, agent, headers }, resolve).once("error", reject).end(body);
  });
}

async function post(url: string, { project, body }: Load): Promise<Sent> {
  const began = performance.now();
  try {
    const response = await call("POST", url + paths.runs, { agent: calls, body });
    const answer: unknown = JSON.parse(await text(response));
    const status = response.statusCode ?? 0;
    const sent = { project, status, postMs: performance.now() - began };
    if (status === 202) {
      const { id, result_url } = answer as RunCreated;
      return { ...sent, run: { id, result_url } };
    }
    const retryAfter = response.headers["retry-after"];
    return { ...sent, code: (answer as Problem).code, ...(retryAfter && { retryAfter }) };
  } catch (error) {
    return { project, status: 0, postMs: performance.now() - began, wrong: String(error) };
  }
}

/** Reads a run's events to the end, or leaves before it. */
async function follow(url: string, run: string, leaves: boolean): Promise<string | undefined> {
  const response = await call("GET", url + paths.runEvents(run), { agent: streams });
  if (leaves) {
    response.resume();
    await sleep(LEAVE_MS);
    response.destroy();
    return undefined;
  }
  const events = await text(response);
  return events.includes('"type":"ended"')
    ? undefined
    : `a stream ended with ${events.slice(-200)}`;
}

async function send({ url, seconds, loads }: SendOrder): Promise<SendReport> {
  const cpu = process.cpuUsage();
  const sent: Sent[] = [];
  const open: Promise<unknown>[] = [];
  const began = performance.now();
  const isOver = () => performance.now() - began > seconds * 1000;

  async function arrive(load: Load, number: number): Promise<void> {
    const one = await post(url, load);
    sent.push(one);
    if (!one.run || number % 10 >= FOLLOWERS) return;
    const leaves = number % 10 === 0;
    const wrong = await follow(url, one.run.id, leaves).catch((error: unknown) => String(error));
    if (wrong !== undefined) one.wrong = wrong;
  }
  async function arriveAll(load: Load, perS: number): Promise<void> {
    for (let count = 0; !isOver(); await sleep(TICK_MS)) {
      const due = ((performance.now() - began) / 1000) * perS;
      while (count < due) open.push(arrive(load, count++));
    }
  }
  async function keepOne(load: Load): Promise<void> {
    while (!isOver()) {
      const one = await post(url, load);
      sent.push(one);
      if (one.run) await follow(url, one.run.id, false);
      else await sleep(TICK_MS);
    }
  }
  const works = loads.flatMap((load) => [
    ...(load.perS === undefined ? [] : [arriveAll(load, load.perS)]),
    ...Array.from({ length: load.clients ?? 0 }, () => keepOne(load)),
  ]);
  await Promise.all(works);
  const { user, system } = process.cpuUsage(cpu);
  await Promise.all(open);
  return { sent, cpuMs: (user + system) / 1000 };
}

process.on("message", (order: SendOrder) => {
  void send(order).then((report) => process.send!(report));
});
