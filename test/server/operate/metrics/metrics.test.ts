import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { collectDefaultMetrics, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { startPushedProject } from "../../pushed-project.ts";
import { codeOf, startSystem, type System } from "../../system.ts";

const TOKEN = "a-token-for-metrics";

/** Series with their values, as Prometheus reads them. */
async function series(system: Pick<System, "call">): Promise<Map<string, number>> {
  const response = await system.call("GET", "/metrics");
  const lines = (await response.text()).split("\n").filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

test("runs are counted while they wait, while they run and by how they ended", async () => {
  const system = await startSystem();
  await system.run("print(1)");
  await system.run("print(2)");
  const before = await series(system);
  expect(before.get('deferred_runs_waiting{pool="shared"}')).toBe(2);
  expect(before.get('deferred_oldest_wait_seconds{pool="shared"}')).toBeGreaterThanOrEqual(0);

  const machine = await system.machine();
  const [first, second] = await machine.claim();
  expect((await series(system)).get('deferred_runs_running{pool="shared"}')).toBe(2);
  await machine.started(first!);
  // A repeat is no second end.
  for (let repeat = 0; repeat < 2; repeat++) await machine.finish(first!);
  await machine.finish(second!, { cause: "handed_back", exit_code: null });

  const after = await series(system);
  expect(after.get('deferred_runs_ended_total{kind="block",state="succeeded"}')).toBe(1);
  expect(after.get('deferred_attempts_lost_total{reason="handed_back"}')).toBe(1);
  expect(after.get('deferred_run_wait_seconds_count{kind="block"}')).toBe(2);
  expect(after.get('deferred_run_seconds_count{kind="block"}')).toBe(1);
  expect(after.get('deferred_wake_seconds_count{how="launch"}')).toBe(1);
  expect(after.get('deferred_machines{pool="shared",state="ready"}')).toBe(1);
  expect(after.get("deferred_machine_hours_today")).toBeGreaterThan(0);
});

test("requests are counted by route and status, and no label holds an id", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  await system.view(id);
  await system.call("GET", "/v1/runs/nothing");
  await system.call("GET", `/nothing/${id}`);
  const all = await series(system);
  const of = (method: string, route: string, status: number) =>
    all.get(`deferred_http_requests_total{method="${method}",route="${route}",status="${status}"}`);
  expect(of("POST", "/v1/runs", 202)).toBe(1);
  expect(of("GET", "/v1/runs/:id", 200)).toBe(1);
  expect(of("GET", "/v1/runs/:id", 404)).toBe(1);
  expect(of("GET", "unmatched", 404)).toBe(1);
  expect([...all.keys()].filter((name) => name.includes(id))).toEqual([]);
});

test("deliveries are counted, and which projects they are of is not told", async () => {
  const project = await startPushedProject();
  await project.push({ subject: "One" });
  const all = await series(project);
  expect(all.get('deferred_deliveries_total{provider="github",outcome="run"}')).toBe(1);
  expect(all.get('deferred_runs_waiting{pool="project"}')).toBe(1);
  expect([...all.keys()].filter((name) => name.includes("acme"))).toEqual([]);
});

describe("they are told", () => {
  const ask = (
    system: System,
    peer: string,
    headers: Record<string, string> = {},
    url = "http://127.0.0.1:8080/metrics",
  ) => system.app.request(url, { headers }, { peer });

  test("to programs of this machine, where nobody else reaches the server", async () => {
    const system = await startSystem();
    expect((await ask(system, "127.0.0.1")).status).toBe(200);
    expect((await ask(system, "::ffff:127.0.0.1")).status).toBe(200);
    const refused = [
      await ask(system, "192.0.2.1"),
      // A proxy on this machine asks for somebody else, and a page elsewhere for its reader.
      await ask(system, "127.0.0.1", { "x-forwarded-for": "192.0.2.1" }),
      await ask(system, "127.0.0.1", {}, "http://elsewhere.example/metrics"),
    ];
    for (const response of refused) {
      expect(response.status).toBe(401);
      expect(await codeOf(response)).toBe("token_missing");
    }
  });

  test("to whoever has the token, where there is one", async () => {
    const system = await startSystem({ DEFERRED_METRICS_TOKEN: TOKEN });
    expect((await ask(system, "127.0.0.1")).status).toBe(401);
    const wrong = await ask(system, "127.0.0.1", { authorization: `Bearer ${TOKEN}x` });
    expect(await codeOf(wrong)).toBe("token_wrong");
    const right = await ask(system, "192.0.2.1", { authorization: `Bearer ${TOKEN}` });
    expect(right.status).toBe(200);
  });
});

test("every query of the dashboard names metrics that there are", async () => {
  const system = await startSystem();
  const own = await (await system.call("GET", "/metrics")).text();
  const process = new Registry();
  collectDefaultMetrics({ register: process });
  const known = new Set(
    [...(own + (await process.metrics())).matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(
      ([, name, type]) =>
        type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!],
    ),
  );
  const file = join(import.meta.dirname, "../../../../docs/grafana.json");
  const { panels } = JSON.parse(await readFile(file, "utf8")) as {
    panels: { targets: { expr: string }[] }[];
  };
  const named = panels
    .flatMap(({ targets }) => targets)
    .flatMap(({ expr }) => [...expr.matchAll(/\b(?:deferred|process|nodejs)_\w+/g)])
    .map(([name]) => name);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
  // And nothing of ours is kept from whoever watches.
  const shown = new Set(named.map((name) => name.replace(/_bucket$/, "")));
  const ours = [...own.matchAll(/^# TYPE (deferred_\S+) /gm)].map(([, name]) => name!);
  expect(ours.filter((name) => !shown.has(name))).toEqual([]);
});
