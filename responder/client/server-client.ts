import { DeferredError } from "../../protocol/deferred-error.ts";
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as v from "valibot";
import type { ErrorCode } from "../../protocol/errors.ts";
import { parseJsonText } from "../process/read.ts";
import { httpFor } from "../network/node-http.ts";
import { jsonLines } from "./json-lines.ts";

/** The server refused a call; `server_refused` where its answer was no problem document, as a proxy's is. */
export class ServerRefusal extends DeferredError<ErrorCode | "server_refused"> {
  override readonly name = "ServerRefusal";
  override readonly status: number;
  readonly retryAfterS: number | undefined;

  constructor(status: number, code?: ErrorCode, retryAfterS?: number) {
    super(code ?? "server_refused", `the server answered ${status}${code ? ` ${code}` : ""}`);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

/** The server gave no answer. */
export class NoAnswer extends DeferredError {
  override readonly name = "NoAnswer";

  constructor(message: string, options?: ErrorOptions) {
    super("server_unreachable", message, options);
  }
}

/** The server, or a proxy in between, did not begin to answer in time. */
export class NothingYet extends NoAnswer {}

const ProblemSchema = v.object({ code: v.string() });
const ANSWER_BYTES = 16 * 2 ** 20;

interface ServerCallOptions {
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Time until the whole answer has to be there. */
  readonly timeoutMs?: number;
}

interface LinesOptions extends ServerCallOptions {
  /** Time until the first part of the answer has to be there: else `NothingYet` is thrown. */
  readonly firstMs?: number | undefined;
}

/** Makes JSON calls to one server over connections that stay open. */
export interface ServerClient {
  /** Throws `ServerRefusal`, `NoAnswer`, or the signal's reason. */
  post<Answer>(
    path: string,
    body: unknown,
    answer: v.GenericSchema<unknown, Answer>,
    options?: ServerCallOptions,
  ): Promise<Answer>;
  /** The same for an answer of JSON lines: passes on each as it comes, and resolves at their end. */
  postForLines<Line>(
    path: string,
    body: unknown,
    line: v.GenericSchema<unknown, Line>,
    onLine: (line: Line) => void,
    options?: LinesOptions,
  ): Promise<void>;
  /** Puts `size` bytes at an absolute address. */
  put(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: Readable,
    size: number,
    options?: ServerCallOptions,
  ): Promise<void>;
  /** Downloads an absolute address, `size` bytes at most, into `to`. */
  get(url: string, to: Writable, size: number, options?: ServerCallOptions): Promise<void>;
  close(): void;
}

export function serverClient(serverUrl: string): ServerClient {
  // node:http rather than fetch: a call takes half the time, and a warm run makes three.
  const agents = new Map<string, Agent>();
  const open = (url: URL, options: RequestOptions) => {
    const { protocol } = url;
    const { Agent, request } = httpFor(protocol);
    const agent = agents.get(protocol) ?? new Agent({ keepAlive: true });
    agents.set(protocol, agent);
    return request(url, { ...options, agent });
  };

  const post = (path: string, body: unknown, options: LinesOptions, take?: Take) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "content-length": String(bytes.length),
      accept: "application/json",
    };
    if (options.token !== undefined) headers["authorization"] = `Bearer ${options.token}`;
    const request = open(new URL(serverUrl + path), {
      method: "POST",
      headers,
      signal: options.signal,
    });
    return exchange(request, bytes, options, take);
  };

  return {
    async post(path, body, schema, options = {}) {
      const text = await post(path, body, options);
      const parsed = v.safeParse(schema, parseJsonText(text));
      if (!parsed.success) throw new NoAnswer(`the server's answer to ${path} has the wrong form`);
      return parsed.output;
    },
    async postForLines(path, body, schema, onLine, options = {}) {
      const lines = jsonLines(schema, onLine, ANSWER_BYTES);
      await post(path, body, options, lines.take);
      try {
        lines.end();
      } catch (error) {
        throw new NoAnswer(String(error), { cause: error });
      }
    },
    async put(url, headers, body, size, options = {}) {
      const all = { ...headers, "content-length": String(size) };
      const { signal } = options;
      const target = new URL(url, `${serverUrl}/`);
      await exchange(open(target, { method: "PUT", headers: all, signal }), body, options);
    },
    async get(url, to, size, { signal, timeoutMs = 30_000 } = {}) {
      const target = new URL(url, `${serverUrl}/`);
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const request = open(target, { signal });
        request.setTimeout(timeoutMs, () => request.destroy(new Error("timed out")));
        request.once("response", resolve).once("error", (error) => {
          reject(signal?.aborted ? signal.reason : new NoAnswer(String(error), { cause: error }));
        });
        request.end();
      });
      const { statusCode: status = 0, headers } = answer;
      if (status !== 200) {
        answer.destroy();
        throw toRefusal({ status, headers, text: "" });
      }
      let length = 0;
      answer.on("data", (part: Buffer) => {
        length += part.length;
        if (length > size) answer.destroy(new Error("more came than was announced"));
      });
      await pipeline(answer, to, { signal });
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/** Takes the parts of a successful answer as they come; throws where they have the wrong form. */
type Take = (part: Buffer) => void;

/** Sends a request with its body; resolves with the text of a successful answer that nothing took. */
async function exchange(
  request: ClientRequest,
  body: Buffer | Readable,
  { signal, timeoutMs = 30_000, firstMs }: LinesOptions,
  take?: Take,
): Promise<string> {
  const answer = Promise.withResolvers<{ of: IncomingMessage; text: string }>();
  const timer = setTimeout(() => request.destroy(new Error("timed out")), timeoutMs);
  let hasBegun = false;
  const checkBegun = () => {
    if (!hasBegun) request.destroy(new NothingYet("the answer has not begun"));
  };
  // In a process that was held up, the timer fires before the answer is read that came meanwhile.
  const firstTimer =
    firstMs === undefined ? undefined : setTimeout(() => setImmediate(checkBegun), firstMs);
  const fail = (error: unknown) => {
    const noAnswer =
      error instanceof NoAnswer ? error : new NoAnswer(String(error), { cause: error });
    answer.reject(signal?.aborted ? signal.reason : noAnswer);
  };
  request.once("error", fail);
  request.once("response", (response) => {
    const parts: Buffer[] = [];
    let length = 0;
    response.on("data", (part: Buffer) => {
      hasBegun = true;
      try {
        if (take && response.statusCode === 200) return take(part);
      } catch (error) {
        return void request.destroy(error as Error);
      }
      parts.push(part);
      length += part.length;
      if (length > ANSWER_BYTES) request.destroy(new Error("the answer is too long"));
    });
    response.once("error", fail);
    response.once("end", () =>
      answer.resolve({ of: response, text: Buffer.concat(parts).toString() }),
    );
  });
  if (Buffer.isBuffer(body)) request.end(body);
  else body.once("error", fail).pipe(request);
  try {
    const { of, text } = await answer.promise;
    const { statusCode: status = 0, headers } = of;
    if (status >= 300 || status < 200) throw toRefusal({ status, headers, text });
    return text;
  } finally {
    clearTimeout(timer);
    clearTimeout(firstTimer);
    // The caller may close the body's source once the call has settled.
    if (!Buffer.isBuffer(body)) {
      body.destroy();
      if (!request.writableFinished) request.destroy();
    }
  }
}

function toRefusal(answer: {
  status: number;
  headers: IncomingMessage["headers"];
  text: string;
}): ServerRefusal {
  const problem = v.safeParse(ProblemSchema, parseJsonText(answer.text));
  const after = Number(answer.headers["retry-after"]);
  return new ServerRefusal(
    answer.status,
    problem.success ? (problem.output.code as ErrorCode) : undefined,
    Number.isFinite(after) ? after : undefined,
  );
}
