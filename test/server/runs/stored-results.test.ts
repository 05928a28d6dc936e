import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { RunCreated, StoredResults } from "../../../protocol/run.ts";
import { startSystem, type System } from "../system.ts";

const CODE = "print(1)";

/** Reads stored results as a page at `origin` does; returns their run ids. */
async function storedIds(system: System, tokens: string[], headers: Record<string, string> = {}) {
  const query = new URLSearchParams(tokens.map((token) => ["block", token]));
  const response = await system.call("GET", `${paths.results}?${query}`, undefined, headers);
  expect(response.status).toBe(200);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  const { results } = (await response.json()) as StoredResults;
  return results.map((result) => result?.id ?? null);
}

/** Runs blocks to their end, all on one machine. */
function runner(system: System) {
  let machine: ReturnType<System["machine"]> | undefined;
  return async (block: string, more: object = {}, headers = {}): Promise<string> => {
    const body = { block, code: CODE, ...more };
    const response = await system.call("POST", paths.runs, body, headers);
    const worker = await (machine ??= system.machine());
    await worker.finish(await worker.claimOne());
    return ((await response.json()) as RunCreated).id;
  };
}

/** Counts every row that a call might leave. */
async function rows(system: System): Promise<string> {
  const metrics = await (await system.call("GET", "/metrics")).text();
  return metrics
    .split("\n")
    .filter((line) => /^deferred_(runs|launches|requests)/.test(line))
    .join("\n");
}

test("a page that opens reads the stored results of its blocks, and starts nothing", async () => {
  const system = await startSystem();
  const cached = await system.sign(CODE, { cache_s: 60 });
  const other = await system.sign(CODE, { cache_s: 60, jti: "other" });
  const plain = await system.sign(CODE, {});
  const before = await rows(system);
  expect(await storedIds(system, [cached, plain, "no.token.here"])).toEqual([null, null, null]);
  expect(await rows(system)).toBe(before);
  const succeed = runner(system);
  const id = await succeed(cached);
  await succeed(plain);
  const after = await rows(system);
  expect(await storedIds(system, [plain, other, cached, cached])).toEqual([null, null, id, id]);
  expect(await rows(system)).toBe(after);
});

test("a stored result is of the default inputs and of the author's own code", async () => {
  const system = await startSystem();
  const inputs = { n: { type: "integer", default: 1 } } as const;
  const block = await system.sign(CODE, { cache_s: 60, inputs, edit: true });
  const succeed = runner(system);
  await succeed(block, { inputs: { n: 2 } });
  await succeed(block, { code: "print(2)" });
  expect(await storedIds(system, [block])).toEqual([null]);
  const id = await succeed(block);
  expect(await storedIds(system, [block])).toEqual([id]);
  const needy = await system.sign(CODE, { cache_s: 60, inputs: { n: { type: "integer" } } });
  await succeed(needy, { inputs: { n: 2 } });
  expect(await storedIds(system, [needy])).toEqual([null]);
});

test("a result older than cache_s is still found, with its age", async () => {
  const system = await startSystem();
  const block = await system.sign(CODE, { cache_s: 1 });
  const id = await runner(system)(block);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const query = new URLSearchParams({ block });
  const response = await system.call("GET", `${paths.results}?${query}`);
  const { results } = (await response.json()) as StoredResults;
  expect(results[0]).toMatchObject({ id, age_s: expect.any(Number) });
  expect(results[0]!.age_s).toBeGreaterThanOrEqual(1);
});

test("pages that the author did not name read no stored result", async () => {
  const system = await startSystem();
  const origins = ["https://blog.example"];
  const block = await system.sign(CODE, { cache_s: 60, origins });
  const from = { origin: "https://blog.example" };
  const id = await runner(system)(block, {}, from);
  expect(await storedIds(system, [block], from)).toEqual([id]);
  expect(await storedIds(system, [block], { origin: "https://other.example" })).toEqual([null]);
  expect(await storedIds(system, [block])).toEqual([null]);
});

test("more than sixteen blocks, and none, are refused", async () => {
  const system = await startSystem();
  for (const query of ["", "block=a&".repeat(17)]) {
    const response = await system.call("GET", `${paths.results}?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "query_invalid" });
  }
});

test("reading stored results has a limit of its own beside that of presses", async () => {
  const system = await startSystem({ DEFERRED_RATE_ADDRESS: "2", DEFERRED_TRUST_PROXY: "1" });
  const block = await system.sign(CODE, { cache_s: 60 });
  const from = { "x-forwarded-for": "192.0.2.7" };
  const path = `${paths.results}?${new URLSearchParams({ block })}`;
  const statuses = [];
  for (let call = 0; call < 3; call++) {
    statuses.push((await system.call("GET", path, undefined, from)).status);
  }
  expect(statuses).toEqual([200, 200, 429]);
  const press = await system.call("POST", paths.runs, { block, code: CODE }, from);
  expect(press.status).toBe(202);
});
