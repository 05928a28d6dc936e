import { request as httpRequest } from "node:http";
import {
  MAX_CODE_BYTES,
  MAX_INPUTS_BYTES,
  MAX_RUN_BODY_BYTES,
  MAX_TOKEN_BYTES,
} from "../../protocol/sizes.ts";
import { pagePaths, paths } from "../../protocol/paths.ts";
import { SLUG, startTarget, type Target } from "./fuzz/target.ts";

/** What one request of a shape costs the server's one thread. */
export interface ShapeCost {
  /** The route and where in the request the shape is. */
  at: string;
  shape: string;
  status: number;
  /** Milliseconds of processor time. */
  ms: number;
  /** What a plain one of that size takes there. */
  plainMs: number;
  bytes: number;
}

interface Sent {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Buffer;
}

/** What a request of any shape may take, or twice as long as a plain one of its size. */
const MAX_MS = 50;
export const tooLong = ({ ms, plainMs }: ShapeCost) => ms > Math.max(MAX_MS, 2 * plainMs);

const HOOK_BYTES = 25 * 1024 * 1024;
/** Node takes 16 KiB of headers and address in all. */
const HEADER_BYTES = 15_000;
const RESPONDER_BYTES = 256 * 1024;

const filled = (unit: string, bytes: number) =>
  unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)));
const members = (bytes: number, member: (index: number) => string) => {
  const parts: string[] = [];
  for (let size = 0, index = 0; ; index++) {
    const part = member(index);
    size += part.length + 1;
    if (size > bytes - 2) return parts.join(",");
    parts.push(part);
  }
};

/** Texts of so many bytes that some loop over them might take long for. */
const TEXTS: Record<string, (bytes: number) => string> = {
  "line ends": (bytes) => `${filled("\n", bytes - 1)}x`,
  "line ends after code": (bytes) => `x${filled("\n", bytes - 1)}`,
  "carriage returns": (bytes) => `${filled("\r", bytes - 1)}x`,
  "both line ends": (bytes) => `${filled("\r\n", bytes - 1)}x`,
  "lines of a blank": (bytes) => `${filled(" \n", bytes - 1)}x`,
  "short lines": (bytes) => filled("x\n", bytes),
  "ever deeper lines": (bytes) => {
    const lines: string[] = [];
    for (let size = 0, depth = 0; size + depth + 2 <= bytes; depth++) {
      lines.push(`${" ".repeat(depth)}x`);
      size += depth + 2;
    }
    return lines.join("\n");
  },
  "ever shallower lines": (bytes) =>
    TEXTS["ever deeper lines"]!(bytes).split("\n").reverse().join("\n"),
  blanks: (bytes) => filled(" ", bytes),
  tabs: (bytes) => `${filled("\t", bytes - 1)}x`,
  "blanks after code": (bytes) => `x${filled(" ", bytes - 1)}`,
  "surrogate pairs": (bytes) => filled("\u{1f600}", bytes),
  "wide letters": (bytes) => filled("é", bytes),
  combining: (bytes) => `e${filled("\u0301", bytes - 1)}`,
  "a bidirectional control at the end": (bytes) => `${filled("\n", bytes - 3)}\u202a`,
  dots: (bytes) => filled(".", bytes),
  slashes: (bytes) => filled("/", bytes),
  commas: (bytes) => filled(",", bytes),
  digits: (bytes) => filled("9", bytes),
  quotes: (bytes) => filled('"', bytes),
  backslashes: (bytes) => filled("\\", bytes),
  braces: (bytes) => filled("[", bytes),
};

/** Whole JSON texts of so many bytes. */
const DOCUMENTS: Record<string, (bytes: number) => string> = {
  "deep arrays": (bytes) => filled("[", bytes / 2) + filled("]", bytes / 2),
  "deep arrays without an end": (bytes) => filled("[", bytes),
  "deep objects": (bytes) => `${filled('{"a":', bytes - 1)}1`,
  "many keys": (bytes) => `{${members(bytes, (index) => `"q${index}":1`)}}`,
  "one key again and again": (bytes) => `{${members(bytes, () => `"q":1`)}}`,
  "keys that are numbers": (bytes) => `{${members(bytes, (index) => `"${index * 7919}":1`)}}`,
  "many numbers": (bytes) => `[${members(bytes, () => "1")}]`,
  "many arrays": (bytes) => `[${members(bytes, () => "[]")}]`,
  "many objects": (bytes) => `[${members(bytes, () => "{}")}]`,
  "many strings": (bytes) => `[${members(bytes, () => `""`)}]`,
  "a long number": (bytes) => filled("9", bytes),
  "a long fraction": (bytes) => `0.${filled("1", bytes - 2)}`,
  "a long exponent": (bytes) => `1e${filled("9", bytes - 2)}`,
  "a long key": (bytes) => `{"${filled("k", bytes - 10)}":1}`,
  "blanks around nothing": (bytes) => `${filled(" ", bytes - 2)}{}`,
  "line ends around nothing": (bytes) => `${filled("\n", bytes - 2)}{}`,
  "no JSON": (bytes) => filled("\0", bytes),
  "no UTF-8": (bytes) => filled("\u00ff", bytes / 2),
};

/** A place in a request for something of a shape. */
interface Workspace {
  at: string;
  shapes: Record<string, (bytes: number) => string>;
  bytes: number;
  send: (text: string) => Sent;
}

const json = (path: string, body: string, method = "POST"): Sent => ({
  method,
  path,
  headers: { "content-type": "application/json" },
  body: Buffer.from(body),
});

/** As much of a text as a JSON string of so many bytes holds: escaped, it takes more. */
function quoted(text: string, bytes: number): string {
  const whole = JSON.stringify(text);
  if (Buffer.byteLength(whole) <= bytes) return whole;
  const share = bytes / Buffer.byteLength(whole);
  return JSON.stringify(text.slice(0, Math.floor(text.length * share) - 2));
}

function places(target: Target, longTokens: Record<string, string>): Workspace[] {
  const { block, code, project, runs } = target;
  const [run] = runs;
  const rest = MAX_RUN_BODY_BYTES - 2000;
  const document = { shapes: { ...DOCUMENTS }, bytes: rest };
  const headers = Object.fromEntries(
    Object.entries(TEXTS).filter(([, text]) => /^[\x20-\x7e\t]*$/.test(text(100))),
  );
  const none = { aud: "x", iss: "x/y" };
  const unsigned = (
    payload: string,
    header = '{"alg":"EdDSA","typ":"deferred-block+jwt","kid":"k"}',
  ) =>
    [header, payload, filled("x", 64)]
      .map((part) => Buffer.from(part).toString("base64url"))
      .join(".");
  const inToken = Math.floor((MAX_TOKEN_BYTES * 3) / 4) - 300;

  return [
    {
      ...{ at: "POST /v1/runs, its code", shapes: TEXTS, bytes: MAX_CODE_BYTES },
      send: (text) => json(paths.runs, `{"block":"${block}","code":${quoted(text, rest)}}`),
    },
    {
      ...{ at: "POST /v1/runs, more code than there may be", shapes: TEXTS, bytes: rest },
      send: (text) => json(paths.runs, `{"block":"${block}","code":${quoted(text, rest)}}`),
    },
    {
      ...{ at: "POST /v1/runs, its block", shapes: TEXTS, bytes: rest },
      send: (text) => json(paths.runs, `{"block":${quoted(text, rest)},"code":""}`),
    },
    {
      ...{ at: "POST /v1/runs, a block of its size", shapes: TEXTS, bytes: MAX_TOKEN_BYTES },
      send: (text) => json(paths.runs, `{"block":${quoted(text, rest)},"code":""}`),
    },
    {
      ...{ at: "POST /v1/runs, claims of a block", shapes: DOCUMENTS, bytes: inToken },
      send: (text) => json(paths.runs, JSON.stringify({ block: unsigned(text), code })),
    },
    {
      ...{ at: "POST /v1/runs, inputs that a block claims", shapes: DOCUMENTS, bytes: inToken },
      send: (text) => {
        const claims = JSON.stringify(none).slice(0, -1);
        return json(
          paths.runs,
          JSON.stringify({ block: unsigned(`${claims},"inputs":${text}}`), code }),
        );
      },
    },
    {
      ...{ at: "POST /v1/runs, header of a block", shapes: DOCUMENTS, bytes: inToken },
      send: (text) => json(paths.runs, JSON.stringify({ block: unsigned("{}", text), code })),
    },
    {
      ...{ at: "POST /v1/runs, its inputs", ...document },
      send: (text) =>
        json(paths.runs, `{"block":"${block}","code":"${code.trim()}","inputs":${text}}`),
    },
    {
      ...{ at: "POST /v1/runs, an input", shapes: TEXTS, bytes: rest },
      send: (text) =>
        json(
          paths.runs,
          `{"block":"${block}","code":"x","inputs":{"count":${quoted(text, rest)}}}`,
        ),
    },
    { ...{ at: "POST /v1/runs, all of it", ...document }, send: (text) => json(paths.runs, text) },
    {
      at: "POST /v1/runs, the longest claims an author signs",
      bytes: MAX_INPUTS_BYTES,
      shapes: Object.fromEntries(Object.keys(longTokens).map((name) => [name, () => name])),
      send: (name) =>
        json(paths.runs, JSON.stringify({ block: longTokens[name] ?? target.block, code: "x" })),
    },
    {
      ...{ at: "POST /v1/wake", shapes: DOCUMENTS, bytes: 2 * MAX_TOKEN_BYTES },
      send: (text) => json(paths.wake, text),
    },
    {
      ...{ at: "DELETE /v1/runs/{id}", shapes: DOCUMENTS, bytes: MAX_TOKEN_BYTES },
      send: (text) => json(paths.run(run!), text, "DELETE"),
    },
    ...[paths.responder.register, paths.responder.progress].map((path) => ({
      ...{ at: `POST ${path}`, shapes: DOCUMENTS, bytes: RESPONDER_BYTES },
      send: (text: string) => json(path, text),
    })),
    {
      ...{ at: "POST register, its runtimes", shapes: DOCUMENTS, bytes: RESPONDER_BYTES - 1000 },
      send: (text) => {
        const { runtimes: _, ...others } = target.registered;
        const body = `${JSON.stringify({ ...others, registration_token: "x" }).slice(0, -1)},"runtimes":${text}}`;
        return json(paths.responder.register, body);
      },
    },
    ...[paths.responder.claim, paths.responder.finish(run!), paths.signInLinks, paths.projects].map(
      (path) => ({
        ...{ at: `POST ${path}, without a token`, shapes: DOCUMENTS, bytes: RESPONDER_BYTES },
        send: (text: string) => json(path, text),
      }),
    ),
    ...Object.values(project.hooks!).map((url) => {
      const path = new URL(url).pathname;
      const signature: Record<string, string> = {
        "x-hub-signature-256": "sha256=00",
        "webhook-signature": "v1,x",
        "webhook-id": "x",
        "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
      };
      return {
        at: `POST ${path.replace(/[^/]+$/, "{id}")}, wrongly signed`,
        shapes: {
          "line ends": TEXTS["line ends"]!,
          "deep arrays": DOCUMENTS["deep arrays"]!,
          "many keys": DOCUMENTS["many keys"]!,
        },
        bytes: HOOK_BYTES,
        send: (text: string): Sent => {
          const sent = json(path, text);
          return { ...sent, headers: { ...sent.headers, ...signature } };
        },
      };
    }),
    {
      ...{ at: "GET /v1/events, its runs", shapes: headers, bytes: HEADER_BYTES / 3 },
      send: (text) => ({ method: "GET", path: `${paths.events}?runs=${encodeURIComponent(text)}` }),
    },
    {
      at: "GET /v1/events, very many runs",
      bytes: HEADER_BYTES,
      shapes: {
        "short ids": (bytes) => filled("a,", bytes),
        "one id": () => filled(`${run},`, 14_000),
      },
      send: (text) => ({ method: "GET", path: `${paths.events}?runs=${text}x` }),
    },
    ...[
      ...["accept", "authorization", "cookie", "idempotency-key", "if-none-match", "last-event-id"],
      ...["origin", "purpose", "range", "user-agent", "x-forwarded-for", "accept-encoding"],
    ].map((name) => ({
      ...{ at: `POST /v1/runs, header ${name}`, shapes: headers, bytes: HEADER_BYTES },
      send: (text: string) => {
        const sent = json(paths.runs, JSON.stringify({ block, code: "x" }));
        return { ...sent, headers: { ...sent.headers, [name]: text } };
      },
    })),
    ...["/", "/docs", pagePaths.project(SLUG), "/sign-in/x", "/deferred-runner.js"].map((page) => ({
      ...{ at: `GET ${page}, its query`, shapes: headers, bytes: HEADER_BYTES / 3 },
      send: (text: string) => ({
        method: "GET",
        path: `${page}?branch=${encodeURIComponent(text)}`,
      }),
    })),
  ];
}

/** What an author may sign that costs those most who check it. */
async function tokensOf(target: Target): Promise<Record<string, string>> {
  const many = (count: number, value: (index: number) => unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, value(index)]));
  const long = "https://x.example/".padEnd(180, "y");
  const claims: Record<string, object> = {
    "many inputs": { inputs: many(350, () => ({ type: "boolean" })) },
    "long choices": {
      inputs: many(4, () => ({ type: "choice", values: Array(100).fill("v".repeat(20)) })),
    },
    "many origins": { origins: Array(50).fill(long) },
    "many audiences": { aud: Array(60).fill(long) },
    "a long title": { title: filled("\n", 5000), notes: filled("[", 5000) },
  };
  const signed = Object.entries(claims).map(async ([name, changes]) => [
    name,
    await target.sign(changes),
  ]);
  return Object.fromEntries(await Promise.all(signed)) as Record<string, string>;
}

/** Sends the largest of each shape to each place where anybody may put it. */
export async function costOfShapes(): Promise<ShapeCost[]> {
  const target = await startTarget();
  try {
    let worked = await target.cpuMs();
    const costOf = async (sent: Sent) => {
      const status = await statusOf(target.url, sent);
      const before = worked;
      worked = await target.cpuMs();
      return { status, ms: worked - before };
    };
    const costs: ShapeCost[] = [];
    for (const { at, shapes, bytes, send } of places(target, await tokensOf(target))) {
      const plain = await costOf(send(filled("x", bytes)));
      for (const [shape, make] of Object.entries(shapes)) {
        const sent = send(make(bytes));
        const about = { at, shape, plainMs: plain.ms, bytes: sent.body?.length ?? bytes };
        const cost: ShapeCost = { ...about, ...(await costOf(sent)) };
        // What took long by chance does not do so again.
        for (let again = 0; again < 2 && tooLong(cost); again++) {
          cost.ms = Math.min(cost.ms, (await costOf(sent)).ms);
        }
        costs.push(cost);
      }
    }
    return costs;
  } finally {
    await target.close();
  }
}

function statusOf(url: string, { method, path, headers, body }: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const length = body && { "content-length": String(body.length) };
    const options = { method, path, headers: { ...headers, ...length }, agent: false as const };
    const { hostname, port } = new URL(url);
    const sent = httpRequest({ ...options, hostname, port }, (response) => {
      response.resume().once("close", () => resolve(response.statusCode!));
      // A stream of events ends with its run.
      if (response.headers["content-type"]?.startsWith("text/event-stream")) sent.destroy();
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
