import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { dice, type Dice } from "./dice.ts";
import { describedBy, requestMaker, type Request } from "./requests.ts";
import type { Memory } from "./server.ts";
import { startTarget } from "./target.ts";
import { mutated } from "./values.ts";

export interface FuzzFigures {
  /** Answers by status; 0: the connection was closed without one. */
  statuses: Record<number, number>;
  /** How often each operation, hook and kind of page was asked. */
  asked: Record<string, number>;
  /** Requests that were answered with a fault of the server's, and with what. */
  faults: string[];
  /** Requests that were neither answered nor closed in time. */
  hung: string[];
  /** What the server recorded of itself. */
  logged: string[];
  /** What the server uses after each part of the requests. */
  memory: Memory[];
  seconds: number;
}

const SENDERS = 16;
/** That later requests may be about. */
const MAX_RUNS = 30;
const HUNG_MS = 20_000;
/** For what may wait for an event, a run or work: then it is left. */
const FOLLOWED_MS = 100;
/** Each is a reader of its own, as far as limits by address go. */
const ADDRESSES = Array.from({ length: 200 }, (_, index) => `127.0.0.${index + 2}`);

/** Sends that many random requests to a server of its own, a fifth of them as bytes that may be no HTTP. */
export async function fuzz(requests: number, seed: number, parts = 1): Promise<FuzzFigures> {
  const target = await startTarget();
  const figures: FuzzFigures = {
    ...{ statuses: {}, asked: {}, faults: [], hung: [], logged: [], memory: [], seconds: 0 },
  };
  const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });
  const port = Number(new URL(target.url).port);
  const began = performance.now();
  let sent = 0;
  try {
    const operations = await describedBy(target.url);
    for (let part = 1; part <= parts; part++) {
      const until = Math.floor((requests * part) / parts);
      await Promise.all(
        Array.from({ length: SENDERS }, async (_, sender) => {
          const d = dice(seed + sender + sent * SENDERS);
          const make = requestMaker(target, operations, d);
          while (sent < until) {
            sent++;
            await one(await make(), d);
          }
        }),
      );
      figures.memory.push(await target.memory());
    }
  } finally {
    agent.destroy();
    figures.seconds = (performance.now() - began) / 1000;
    figures.logged = (await target.close()).split("\n").filter(Boolean);
  }
  return figures;

  async function one(request: Request, d: Dice): Promise<void> {
    const asBytes = d.chance(0.2);
    const of = asBytes ? "bytes" : request.of;
    figures.asked[of] = (figures.asked[of] ?? 0) + 1;
    const bytes = asBytes ? mutated(written(request), d) : undefined;
    const answer = await (bytes
      ? sendBytes(port, bytes)
      : sendRequest(request, { agent, port, localAddress: d.pick(ADDRESSES) }));
    const shown = () => (bytes ?? written(request)).toString("latin1").slice(0, 2000);
    if (answer.hung) figures.hung.push(shown());
    const { status, run } = answer;
    if (run !== undefined)
      target.runs.splice(
        target.runs.length < MAX_RUNS ? target.runs.length : d.below(MAX_RUNS),
        1,
        run,
      );
    figures.statuses[status] = (figures.statuses[status] ?? 0) + 1;
    // Refused on purpose: 503 says that the caller may come back, 501 is oEmbed's answer to a format it does not offer.
    if (status >= 500 && status !== 503 && status !== 501)
      figures.faults.push(`${status} ${shown()}`);
  }
}

interface Answered {
  status: number;
  hung: boolean;
  /** The run that it made. */
  run?: string;
}

function sendRequest(
  { method, path, headers, body }: Request,
  at: { agent: Agent; port: number; localAddress: string },
): Promise<Answered> {
  const follows =
    path.includes("/events") || path.includes("/claim") || headers["accept"] === "text/plain";
  return new Promise((resolve) => {
    let status = 0;
    let text = "";
    const sent = httpRequest(
      { host: "127.0.0.1", ...at, method, path, headers: framed(headers, body) },
      (response) => {
        status = response.statusCode ?? 0;
        if (response.headers["content-type"]?.startsWith("text/event-stream")) sent.destroy();
        response
          .setEncoding("utf8")
          .on("data", (chunk: string) => (text = (text + chunk).slice(0, 4000)));
        response.once("close", done).once("error", done);
      },
    );
    const timer = setTimeout(() => sent.destroy(), follows ? FOLLOWED_MS : HUNG_MS);
    let hung = !follows;
    const done = () => {
      hung &&= timer.hasRef() && performance.now() - began >= HUNG_MS;
      clearTimeout(timer);
      const run = status === 202 ? /^\{"id":"([\w-]+)"/.exec(text)?.[1] : undefined;
      resolve({ status, hung, ...(run === undefined ? {} : { run }) });
    };
    const began = performance.now();
    sent.once("error", done).once("close", done);
    sent.end(body);
  });
}

/** A body has its own length, and what would make node:http wait for something else is left out. */
function framed(headers: Record<string, string>, body: Buffer | undefined) {
  const { expect: _e, upgrade: _u, te: _t, ...others } = headers;
  return body ? { ...others, "content-length": String(body.length) } : others;
}

function written({ method, path, headers, body }: Request): Buffer {
  const all = { host: "x", ...framed(headers, body), connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return body ? Buffer.concat([head, body]) : head;
}

/** Sends bytes and no more; waits until the server closes. */
function sendBytes(port: number, bytes: Buffer): Promise<Answered> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let head = "";
    let hung = false;
    const timer = setTimeout(() => {
      // A follower is not kept waiting in vain, and no other answer is left unfinished.
      hung = !/^content-type: text\/event-stream/im.test(head);
      socket.destroy();
    }, HUNG_MS);
    socket.on("data", (chunk: Buffer) => {
      if (head.length < 2000) head += chunk.toString("latin1");
      if (/^content-type: text\/event-stream/im.test(head)) socket.destroy();
    });
    socket.on("error", () => {});
    socket.once("close", () => {
      clearTimeout(timer);
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), hung });
    });
    socket.end(bytes);
  });
}
