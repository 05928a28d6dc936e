import { randomUUID } from "node:crypto";
import { Agent, request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { RunEvent } from "../../protocol/events.ts";
import { paths } from "../../protocol/paths.ts";
import type { Result, RunCreated } from "../../protocol/run.ts";

/** How many readers press which block, and the output they must get. */
export interface PressOrder {
  readers: number;
  /** Number of the first reader's address. */
  from: number;
  url: string;
  body: string;
  stdout: string;
}

/** What one reader experienced. */
export interface Press {
  postMs: number;
  /** Milliseconds since 1970: processes share this clock. */
  pressedAt: number;
  /** When the reader first had a result to show: a stored one of any age, or the run's. */
  shownAt: number;
  servedAt: number;
  /** The run whose result the reader got. */
  run: string;
  stored: boolean;
  /** The mistake, if the reader was served wrongly. */
  wrong?: string;
}

const now = () => performance.timeOrigin + performance.now();

// Readers who press one block, each from its own address and over its own connection. Each does the calls of the
// element: a request with an idempotency key, one stream of events, the result.

async function press(number: number, { url, body, stdout }: PressOrder): Promise<Press> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const address = `10.1.${number >> 8}.${number & 255}`;
  const call = (method: string, to: string, headers: Record<string, string> = {}, sent = "") =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const all = { "x-forwarded-for": address, origin: "https://blog.example", ...headers };
      request(to, { method, agent, headers: all }, resolve).once("error", reject).end(sent);
    });
  const pressedAt = now();
  const press: Press = {
    pressedAt,
    postMs: 0,
    shownAt: 0,
    servedAt: 0,
    run: "",
    stored: false,
  };
  const check = async (resultUrl: string) => {
    const response = await call("GET", resultUrl);
    const result = JSON.parse(await text(response)) as Result;
    if (result.state !== "succeeded" || result.stdout !== stdout) {
      press.wrong = `${resultUrl} holds ${result.state}, ${JSON.stringify(result.stdout)}`;
    }
    press.shownAt ||= now();
  };
  try {
    const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
    const response = await call("POST", url + paths.runs, headers, body);
    const answer = await text(response);
    press.postMs = now() - pressedAt;
    if (response.statusCode !== 200 && response.statusCode !== 202) throw new Error(answer);
    const { id, result_url, stored } = JSON.parse(answer) as RunCreated;
    press.run = id;
    press.stored = response.statusCode === 200;
    if (stored) await check(stored.result_url);
    if (!press.stored) {
      const events = await call("GET", `${url}${paths.events}?runs=${id}:0`);
      press.wrong = await outputOf(events, stdout);
      await check(result_url);
    }
  } catch (error) {
    press.wrong = String(error);
  }
  press.servedAt = now();
  agent.destroy();
  return press;
}

/** Checks a complete stream of one run's events; returns the first mistake. */
async function outputOf(response: IncomingMessage, stdout: string): Promise<string | undefined> {
  const body = await text(response);
  if (response.statusCode !== 200) return `The stream was refused: ${body}`;
  const events = [...body.matchAll(/^data: (.*)$/gm)].map(
    (line) => JSON.parse(line[1]!) as RunEvent,
  );
  const odd = events.find((event, index) => event.id !== index + 1);
  if (odd) return `Event ${odd.id} came out of turn.`;
  if (events.at(-1)?.type !== "ended") return `The stream ended after ${events.length} events.`;
  const printed = events.map((event) => (event.type === "output" ? event.text : "")).join("");
  return printed === stdout ? undefined : `It printed ${JSON.stringify(printed)}.`;
}

process.on("message", (order: PressOrder) => {
  const numbers = Array.from({ length: order.readers }, (_, index) => order.from + index);
  void Promise.all(numbers.map((number) => press(number, order))).then((presses) => {
    process.send!(presses);
  });
});
