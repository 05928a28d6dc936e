import { Agent, request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** One request that runs a program. */
export interface Request {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** What the program printed, by the answer's body. */
  printed(answer: string): string;
}

const EXPECTED = "42";
const REFUSED_WAIT_MS = 5;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Sends one request; resolves with the answer's body, and rejects where the answer is an error. */
export function send({ url, headers, body }: Omit<Request, "printed">): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const length = { "content-length": String(Buffer.byteLength(body)) };
    const call = httpRequest(url, { method: "POST", agent, headers: { ...headers, ...length } });
    call.on("error", reject);
    call.on("response", (response) => {
      text(response).then((answer) => {
        if (response.statusCode && response.statusCode < 300) resolve(answer);
        else reject(new Error(`${response.statusCode} ${answer.slice(0, 200)}`));
      }, reject);
    });
    call.end(body);
  });
}

/** Wall milliseconds of one run. Rejects where the program did not print what it should. */
async function runOnce(request: Request): Promise<number> {
  const began = performance.now();
  const answer = await send(request);
  const took = performance.now() - began;
  const output = request.printed(answer).trim();
  if (output !== EXPECTED) throw new Error(`It answered ${answer.slice(0, 200)}`);
  return took;
}

export async function runInTurn(request: Request, count: number): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) times.push(await runOnce(request));
  return times;
}

export interface Sustained {
  /** Wall milliseconds of each run. */
  times: number[];
  /** Requests that were refused or answered wrongly. */
  failures: string[];
  seconds: number;
}

/** Keeps `clients` requests open at once for a time; runs that have begun by then are counted, with the time they take. */
export async function runAtOnce(request: Request, clients: number, ms: number): Promise<Sustained> {
  const times: number[] = [];
  const failures: string[] = [];
  const began = performance.now();
  const client = async () => {
    while (performance.now() - began < ms) {
      try {
        times.push(await runOnce(request));
      } catch (error) {
        failures.push(String(error));
        await sleep(REFUSED_WAIT_MS);
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { times, failures, seconds: (performance.now() - began) / 1000 };
}
