import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";

/** What a browser test may tell its server, by `POST /scripted/<name>`. */
export type Command =
  /** The next answers to `POST /v1/runs`, in turn; the last one stays. */
  | { do: "answer"; answers: Answer[] }
  /** A line of a run's log, sent to whoever follows it. */
  | { do: "emit"; event: { run: string; id: number } & Record<string, unknown> }
  /** Ends the open streams; the next `refuse` ones are answered 503, with a `Retry-After` where given. */
  | { do: "drop"; refuse: number; retryAfterS?: number }
  /** Open streams get nothing more and stay open, as on a dead connection; later ones work. */
  | { do: "stall" }
  /** Streams open and nothing comes through, or the first bytes alone, as behind a proxy that buffers. */
  | { do: "hold"; from: "start" | "events" }
  /**
   * From now on no call of the API is answered, as if the server were gone and its storage were not; or each
   * with this status, by what stands before it.
   */
  | { do: "go"; status?: number }
  /** What any other GET finds, by path below the server: JSON, or text, which may be `endless`. */
  | {
      do: "serve";
      path: string;
      body: unknown;
      status?: number;
      text?: true;
      endless?: true;
    };

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Seen {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** When, in ms. */
  at: number;
}

interface Script {
  answers: Answer[];
  events: Extract<Command, { do: "emit" }>["event"][];
  streams: Map<ServerResponse, Map<string, number>>;
  refuse: number;
  retryAfterS: number | undefined;
  held: "start" | "events" | undefined;
  gone: number | undefined;
  served: Map<string, Extract<Command, { do: "serve" }>>;
  seen: Seen[];
}

/**
 * A server whose answers a test writes down: real HTTP and real event streams under
 * `/scripted/<name>`, in any order and with any failure. `GET /scripted/<name>` tells what it has seen.
 */
export function scriptedServer(): Plugin {
  const scripts = new Map<string, Script>();
  return {
    name: "scripted-server",
    configureServer(vite) {
      vite.middlewares.use("/scripted", (request, response) => {
        const url = new URL(request.url ?? "/", "http://scripted");
        const [, name = "", ...rest] = url.pathname.split("/");
        let script = scripts.get(name);
        if (!script) scripts.set(name, (script = newScript()));
        void read(request).then((body) => {
          const path = `/${rest.join("/")}`;
          if (path === "/" && request.method === "GET") return json(response, script.seen);
          if (path === "/") {
            obey(script, JSON.parse(body) as Command);
            return json(response, {});
          }
          script.seen.push({
            method: request.method!,
            path: path + url.search,
            headers: request.headers as Record<string, string>,
            body,
            at: performance.now(),
          });
          return answer(script, request, response, path, url.searchParams);
        });
      });
    },
  };
}

function answer(
  script: Script,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
): void {
  if (script.gone !== undefined && path.startsWith("/v1/")) {
    if (script.gone === 0) return void request.socket.destroy();
    return void response.writeHead(script.gone).end("<h1>Nothing here</h1>");
  }
  if (request.method === "POST" && path === "/v1/runs") {
    const next = script.answers.length > 1 ? script.answers.shift()! : script.answers[0]!;
    if (next.status === 0) return void request.socket.destroy();
    response.writeHead(next.status, { "content-type": "application/json", ...next.headers });
    return void response.end(JSON.stringify(next.body ?? {}));
  }
  if (path === "/v1/events") {
    if (script.refuse > 0) {
      script.refuse--;
      const { retryAfterS } = script;
      const headers = retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) };
      return void response.writeHead(503, headers).end();
    }
    const followed = (query.get("runs") ?? "").split(",").map((run) => run.split(":"));
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    if (script.held === "start") return;
    response.write("retry: 1000\n\n");
    if (script.held) return;
    script.streams.set(response, new Map(followed.map(([run, after]) => [run!, Number(after)])));
    for (const event of script.events) send(script, response, event);
    response.on("close", () => script.streams.delete(response));
    return;
  }
  const served = script.served.get(path);
  if (served?.endless) return void response.write(String(served.body));
  if (served?.text) return void response.end(String(served.body));
  if (served) return json(response, served.body, served.status);
  const view = request.method === "GET" ? viewOf(script, path) : undefined;
  json(response, view ?? { code: "not_found", title: "Nothing here." }, view ? 200 : 404);
}

/** A run that was accepted, as its log says it is. */
function viewOf({ answers, events }: Script, path: string): object | undefined {
  const accepted = answers.map(({ body }) => body as { id?: string } | undefined);
  const run = accepted.find((body) => body?.id && path === `/v1/runs/${body.id}`);
  if (!run) return undefined;
  const log = events.filter((event) => event.run === run.id);
  const last = log.at(-1);
  const state = last?.["state"] ?? (log.length > 1 ? "running" : "queued");
  return { ...run, state, last_event: last?.id ?? 0, ending: last?.["state"] && last };
}

function obey(script: Script, command: Command): void {
  switch (command.do) {
    case "answer":
      script.answers = command.answers;
      return;
    case "emit":
      script.events.push(command.event);
      for (const response of script.streams.keys()) send(script, response, command.event);
      return;
    case "drop":
      script.refuse = command.refuse;
      script.retryAfterS = command.retryAfterS;
      for (const response of script.streams.keys()) response.end();
      return;
    case "stall":
      script.streams.clear();
      return;
    case "hold":
      script.held = command.from;
      return;
    case "go":
      script.gone = command.status ?? 0;
      for (const response of script.streams.keys()) response.end();
      return;
    case "serve":
      script.served.set(command.path, command);
      return;
    default:
      command satisfies never;
  }
}

function send(script: Script, response: ServerResponse, event: Script["events"][number]): void {
  const after = script.streams.get(response)?.get(event.run);
  if (after !== undefined && event.id > after) response.write(`data: ${JSON.stringify(event)}\n\n`);
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function read(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  return body;
}

function newScript(): Script {
  return {
    answers: [],
    events: [],
    streams: new Map(),
    refuse: 0,
    retryAfterS: undefined,
    held: undefined,
    gone: undefined,
    served: new Map(),
    seen: [],
  };
}
