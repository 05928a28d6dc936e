import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import type { LaunchFile } from "../../protocol/registration.ts";
import { registration } from "./played-machine.ts";
import { listen } from "../../server/http/listen.ts";
import { startSystem } from "./system.ts";

const odd = fc.constantFrom(
  "0",
  "-1",
  "9".repeat(400),
  "1e999",
  "NaN",
  "..",
  "%2e%2e",
  "%2e%2e%2f%2e%2e%2fsecret",
  "%00",
  "%",
  "%E0%A4%A",
  "%ff",
  "é",
  "\u{1f480}",
  "'\"<>",
  "a;b",
  "a,b:c",
  "a".repeat(300),
  `${"x/".repeat(3000)}x`,
  "//",
  "__proto__",
  "constructor",
  "",
);
const oddHeader = fc.constantFrom(
  "",
  "0",
  "-1",
  "9".repeat(400),
  "bytes=0-",
  "bytes=-1",
  "bytes=9-1",
  "bytes=0-0,2-3",
  "bytes=a-b",
  "null",
  "https://x.example",
  "text/plain",
  "text/html",
  "application/json",
  "application/json; charset=utf-16",
  "multipart/form-data",
  "Bearer ",
  "Bearer x",
  "Basic x",
  "\u00ff\u00fe",
  "a".repeat(5000),
  'W/"x"',
  "*",
);
const headers = fc.dictionary(
  fc.constantFrom(
    "accept",
    "authorization",
    "content-type",
    "content-length",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "origin",
    "range",
  ),
  oddHeader,
);
const number = fc.constantFrom(0, 1, 2, 64, -1, 1.5, 1e308, -0, Number.MAX_SAFE_INTEGER);
const string = fc.oneof(odd, fc.string({ unit: "binary" }), fc.constant("\ud800"));
const noBody = fc.constantFrom(
  "",
  "{",
  "null",
  "[]",
  '"',
  "\ufeff{}",
  "[".repeat(100_000),
  '{"__proto__":1}',
);

/** Bodies of every call at once: much of it is right, some of it is not. */
function bodyOf(facts: { block: string; code: string; run: string; launch: LaunchFile }) {
  const right = registration(facts.launch);
  const mostly = <Value>(value: Value) =>
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(value) },
      { weight: 1, arbitrary: fc.oneof(string, number, fc.constant(null)) },
    );
  const output = fc.record({
    seq: number,
    chunks: fc.array(
      fc.record(
        { stream: mostly("stdout"), text: string, cut: number },
        { requiredKeys: ["stream", "text"] },
      ),
    ),
  });
  const artifact = fc.record({
    name: string,
    type: mostly("text/plain"),
    size: number,
    sha256: mostly("0".repeat(64)),
  });
  const all = {
    block: mostly(facts.block),
    code: mostly(facts.code),
    inputs: fc.dictionary(string, fc.oneof(string, number, fc.boolean())),
    jwk: fc.record({
      kty: mostly("EC"),
      crv: mostly("P-256"),
      x: mostly("A".repeat(43)),
      y: mostly("A".repeat(43)),
    }),
    label: string,
    attempt: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, number),
    artifacts: fc.array(artifact, { maxLength: 3 }),
    outcome: fc.record({
      cause: mostly("handed_back"),
      exit_code: number,
      signal: string,
      truncated: fc.record({ stdout: number, stderr: number, artifacts: number }),
      ran_s: number,
    }),
    output,
    claim: number,
    runs: fc.array(fc.record({ run: mostly(facts.run), attempt: number })),
    slots: number,
    wait_s: fc.constantFrom(0, -1, 1e9),
    launch_id: mostly(right.launch_id),
    registration_token: mostly(right.registration_token),
    phase: mostly("booting"),
    step: fc.record({ number, of: number, name: string }),
    public_key: mostly(right.public_key),
    boot_id: mostly(right.boot_id),
    protocol: mostly(right.protocol),
    proof: string,
    runtimes: mostly(right.runtimes),
    sandbox: mostly(right.sandbox),
    host: mostly(right.host),
  };
  // Requests of readers and owners take nothing they do not know, those of machines do.
  const strict = [
    ["block", "code"],
    ["block", "code", "inputs"],
    ["block"],
    ["jwk", "label"],
    ["jwk"],
  ] as const;
  const some = strict.map((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, all[name]]))),
  );
  const machine = fc
    .tuple(
      fc.record(all, { requiredKeys: ["attempt", "artifacts", "outcome", "slots", "wait_s"] }),
      output,
    )
    .map(([whole, batch]) => ({ ...whole, ...batch }));
  const json = fc
    .oneof({ weight: 4, arbitrary: machine }, ...some)
    .map((value) => JSON.stringify(value));
  return fc.oneof({ weight: 6, arbitrary: json }, fc.json({ maxDepth: 4 }), noBody);
}

test(
  "whatever is sent to whatever address is never answered with a fault of the server's",
  { timeout: 120_000 },
  async () => {
    // The pages of gists ask GitHub: one that knows none.
    const github = await listen("127.0.0.1", 0, () => Response.json({}, { status: 404 }));
    onTestFinished(() => github.close());
    const system = await startSystem({ DEFERRED_GITHUB_API: `http://127.0.0.1:${github.port}` });
    const { id } = await system.run();
    const machine = await system.machine();
    await machine.claimOne();
    const body = bodyOf({
      block: await system.sign("print(1)"),
      code: "print(1)",
      run: id,
      launch: machine.launch,
    });
    const routes = system.app.routes.map((route) => [route.method, route.path] as const);
    const known = fc.constantFrom(id, id, id, "local", "demo", "result.json", "1", system.key.kid);
    const call = fc.record({
      route: fc.constantFrom(...routes),
      parts: fc.array(fc.oneof(known, odd), { minLength: 4, maxLength: 4 }),
      project: fc.boolean(),
      query: fc.option(fc.tuple(fc.constantFrom("runs", "after", "signature"), odd)),
      method: fc.option(
        fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"),
        { freq: 4 },
      ),
      headers,
      body,
      token: fc.constantFrom(undefined, system.ownerToken, machine.token, machine.token),
    });
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        call,
        async ({ route: [own, path], parts, project, query, token, ...given }) => {
          let index = 0;
          const names: Record<string, string> = project
            ? { ":owner": "local", ":name": "demo" }
            : {};
          const filled = path.replace(/:\w+|\*/g, (name) => names[name] ?? parts[index++ % 4]!);
          const method = given.method ?? (own === "ALL" ? "GET" : own);
          const takesBody = method !== "GET" && method !== "HEAD";
          const response = await system.app.request(
            `http://127.0.0.1:8080${filled}${query ? `?${query[0]}=${query[1]}` : ""}`,
            {
              method,
              headers: {
                ...given.headers,
                ...(takesBody && index % 5 < 4 ? { "content-type": "application/json" } : {}),
                ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
              },
              ...(takesBody ? { body: given.body } : {}),
            },
          );
          await response.body?.cancel();
          statuses.add(response.status);
          expect(response.status).toBeLessThan(500);
        },
      ),
      { numRuns: 4000, seed: Number(process.env["FUZZ_SEED"] ?? 1) },
    );
    expect(system.logged.filter((line) => line.msg === "request failed")).toEqual([]);
    // It got past the doors: what is right was taken, and much was refused for its content.
    for (const status of [200, 400, 404, 405, 409, 422]) expect(statuses).toContain(status);
  },
);
