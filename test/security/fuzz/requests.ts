import { createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import { Webhook } from "standardwebhooks";
import { BlockClaimsSchema } from "../../../protocol/claims.ts";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { Dice } from "./dice.ts";
import { SLUG, type Target } from "./target.ts";
import { mutated, oddValue, ODD_STRINGS, valueOf, type JsonSchema } from "./values.ts";

/** One request, whose bytes node:http puts together. */
export interface Request {
  /** What it is of, for counting: an operation of the API's description, a hook, a page. */
  of: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
}

export interface Operation {
  path: string;
  method: string;
  query: string[];
  body: JsonSchema | undefined;
}

type Described = Record<
  string,
  Record<
    string,
    {
      parameters?: { name: string; in: string }[];
      requestBody?: { content: Record<string, { schema?: JsonSchema }> };
    }
  >
>;

const PAGES = [
  ...[
    "/",
    "/docs",
    "/deferred-runner.js",
    "/v/0.0.0/deferred-runner.js",
    "/assets/x",
    "/favicon.ico",
  ],
  ...[pagePaths.projects, pagePaths.project(SLUG), pagePaths.runs(SLUG), pagePaths.notices(SLUG)],
  ...[pagePaths.badge(SLUG), pagePaths.feed(SLUG), pagePaths.deliveries(SLUG)],
  ...[pagePaths.commit(SLUG, "a".repeat(40)), pagePaths.signIn("x"), pagePaths.signOut],
];
const ODD_HEADERS = [
  ...["accept", "accept-encoding", "content-type", "cookie", "expect", "host", "if-none-match"],
  ...["if-modified-since", "idempotency-key", "last-event-id", "origin", "range", "referer"],
  ...["sec-fetch-site", "te", "upgrade", "x-forwarded-for", "x-forwarded-proto", "x-http-method"],
];
const ODD_VALUES = [
  ...["bytes=0-", "bytes=9-1", "bytes=0-0,2-3", "null", "https://x.example", "text/plain"],
  ...["text/html", "application/json; charset=utf-16", "multipart/form-data", "gzip, br", "*"],
  ...['W/"x"', "Basic x", "Bearer ", "a=b; __Host-session=x", "Thu, 01 Jan 1970 00:00:00 GMT"],
];
const CLAIMS = toJsonSchema(BlockClaimsSchema, { errorMode: "ignore" }) as JsonSchema;
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];
const GITHUB = ["push-new-branch", "push-tag-deleted", "pull-request-opened", "ping"].map(
  (name) =>
    JSON.parse(
      readFileSync(join(import.meta.dirname, `../../fixtures/github/${name}.json`), "utf8"),
    ) as unknown,
);

/** Would take from all later requests what they are about: these name what is not there. */
const FINAL = ["DELETE /v1/projects/{owner}/{name}", "POST /v1/responder/register"];

/** Makes requests to everything that a server serves: much of each is right, some of it is not. */
export function requestMaker(
  target: Target,
  operations: readonly Operation[],
  d: Dice,
): () => Promise<Request> {
  const known = knownTo(target);
  const kinds = [
    ...Array.from({ length: 7 }, () => () => ofOperation(d.pick(operations))),
    ofBlock,
    ofHook,
    ofPage,
  ];

  return async () => {
    const made = await d.pick(kinds)();
    while (d.chance(0.15)) made.headers[d.pick(ODD_HEADERS)] = header(oddText());
    if (d.chance(0.03) && !made.path.startsWith(paths.project(SLUG))) made.method = d.pick(METHODS);
    return made;
  };

  function ofOperation({ path, method, query, body }: Operation): Request {
    const of = `${method} ${path}`;
    const isFinal = FINAL.includes(of);
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      isFinal ? encoded(oddText()) : inPath(name, path),
    );
    const asked = query
      .filter(() => d.chance(0.4))
      .map((name) => `${name}=${encoded(d.chance(0.5) ? String(known[name]?.[0]) : oddText())}`);
    const names = isFinal ? { ...known, launch_id: ["x"] } : known;
    const value = body && valueOf(body, d, names, d.pick([0, 0, 0.02, 0.1]));
    return {
      of,
      method,
      path: asked.length > 0 ? `${filled}?${asked.join("&")}` : filled,
      headers: { ...authorization(path), ...(body ? { "content-type": "application/json" } : {}) },
      ...(body ? { body: json(value) } : {}),
    };
  }

  /** Signed as it should be, with claims as they should not be. */
  async function ofBlock(): Promise<Request> {
    const odd = valueOf(CLAIMS, d, { ...known, code: [target.claims.code] }, 0.05);
    const changes = Object.entries(odd ?? {}).filter(() => d.chance(0.3));
    const block = await target.sign(Object.fromEntries(changes));
    const inputs = d.chance(0.3) ? { count: oddValue(d) } : undefined;
    return {
      of: "a block with odd claims",
      method: "POST",
      path: d.chance(0.9) ? paths.runs : paths.wake,
      headers: { "content-type": "application/json" },
      body: json({ block, ...(d.chance(0.9) ? { code: target.code } : {}), inputs }),
    };
  }

  /** Signed with the right secret, and then whatever it may hold. */
  function ofHook(): Request {
    const provider = d.pick(["github", "gitlab", "generic"] as const);
    const payload = shaken(d.pick(GITHUB), d);
    const body = json(
      provider === "generic" ? { ref: `refs/heads/${oddText()}`, commit: "a".repeat(40) } : payload,
    );
    const path = new URL(target.project.hooks![provider]).pathname;
    const headers = signed(provider, body, target.project.hook_secret!);
    return { of: `a ${provider} hook`, method: "POST", path, headers, body };
  }

  function ofPage(): Request {
    const page = d.pick(PAGES);
    const path = d.chance(0.8) ? page : page.replace(/[^/]+$/, encoded(oddText()));
    const query = d.chance(0.3)
      ? `?${d.pick(["branch", "key", "before"])}=${encoded(oddText())}`
      : "";
    const method = page === pagePaths.signOut ? "POST" : "GET";
    const headers: Record<string, string> = { accept: "text/html" };
    if (d.chance(0.6)) headers["cookie"] = target.cookie;
    return { of: "a page", method, path: path + query, headers };
  }

  function inPath(name: string, path: string): string {
    if (name === "owner") return d.chance(0.9) ? SLUG.split("/")[0]! : encoded(oddText());
    if (name === "name" && path.includes("{owner}")) {
      return d.chance(0.9) ? SLUG.split("/")[1]! : encoded(oddText());
    }
    const values = Object.hasOwn(known, name) ? known[name] : undefined;
    return values && d.chance(0.8) ? encoded(String(d.pick(values))) : encoded(oddText());
  }

  function authorization(path: string): Record<string, string> {
    const isMachines = path.startsWith("/v1/responder");
    const right = isMachines ? target.machineToken : target.ownerToken;
    const isLeaving = path === paths.responder.leave;
    const token =
      d.chance(0.85) && !isLeaving ? right : d.pick([target.ownerToken, "x", "1.x", oddText()]);
    return d.chance(0.05) ? {} : { authorization: header(`Bearer ${token}`) };
  }

  function oddText(): string {
    return d.chance(0.3) ? d.pick(ODD_VALUES) : d.pick(ODD_STRINGS).slice(0, 7000);
  }

  function encoded(part: string): string {
    const plain = /^[\x21-\x7e]*$/.test(part) && d.chance(0.3);
    return plain ? part : encodeURIComponent(part.toWellFormed());
  }

  function json(value: unknown): Buffer {
    const bytes = Buffer.from(JSON.stringify(value) ?? "");
    return d.chance(0.1) ? mutated(bytes, d) : bytes;
  }
}

/** Without what node:http would not send. */
function header(value: string): string {
  return value.replace(/[^\t\x20-\x7e\x80-\xff]/g, "");
}

function signed(provider: string, body: Buffer, secret: string): Record<string, string> {
  const hmac = createHmac("sha256", secret).update(body).digest("hex");
  const type = { "content-type": "application/json" };
  switch (provider) {
    case "github": {
      const event = /"pull_request"/.test(body.toString()) ? "pull_request" : "push";
      return { ...type, "x-github-event": event, "x-hub-signature-256": `sha256=${hmac}` };
    }
    case "gitlab":
      return { ...type, "x-gitlab-event": "Push Hook", "x-gitlab-token": secret };
    default: {
      const id = randomUUID();
      const at = new Date();
      return {
        ...type,
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": new Webhook(Buffer.from(secret).toString("base64")).sign(
          id,
          at,
          body.toString(),
        ),
      };
    }
  }
}

/** A copy of `value` with some of what is in it changed. */
function shaken(value: unknown, d: Dice): unknown {
  if (d.chance(0.01)) return oddValue(d);
  if (Array.isArray(value)) return value.map((one) => shaken(one, d));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shaken(one, d)]));
}

/** Values that the server knows, by the names they have in paths and bodies. */
function knownTo(target: Target): Record<string, readonly unknown[]> {
  const { registered, runs } = target;
  return {
    block: [target.block],
    code: [target.code],
    id: runs,
    run: runs,
    runs: [`${runs[0]}:0,${runs[1]}:0`],
    jti: ["taken-back"],
    kid: [target.kid],
    attempt: [1, 1, 1, 2],
    slots: [1, 4],
    wait_s: [0],
    launch_id: [registered.launch_id],
    registration_token: [registered.registration_token],
    public_key: [registered.public_key],
    boot_id: [registered.boot_id],
    proof: [registered.proof],
    protocol: [registered.protocol],
    type: ["text/plain"],
    sha256: ["0".repeat(64)],
    slug: [SLUG],
    repository: ["http://127.0.0.1:9/app.git", "https://8.8.8.8/app.git"],
    secret: ["TOKEN"],
    url: ["http://127.0.0.1:9/"],
    sha: ["a".repeat(40)],
    commit: ["a".repeat(40)],
    ref: ["refs/heads/main"],
    state: ["open"],
    hook: [new URL(target.project.hooks!.github).pathname.split("/").at(-1)],
  };
}

/** What the server says that it serves. */
export async function describedBy(url: string): Promise<Operation[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Described };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      path,
      method: method.toUpperCase(),
      query: parameters.filter((one) => one.in === "query").map(({ name }) => name),
      body: requestBody?.content["application/json"]?.schema,
    })),
  );
}
