import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { startSystem, type System } from "../system.ts";

const code = "print(1)";
const iat = Math.floor(Date.now() / 1000);

async function allow(system: System, block_network: unknown) {
  const headers = { authorization: `Bearer ${system.ownerToken.trim()}` };
  const body = { settings: { block_network } };
  return system.call("PATCH", paths.project("local/demo"), body, headers);
}

async function ask(system: System, network: boolean | string[], cache_s?: number) {
  const block = await system.sign(code, {
    limits: { network },
    ...(cache_s ? { cache_s } : {}),
    jti: "one",
    iat,
  });
  const response = await system.call("POST", paths.runs, { block, code });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

test("a block's network is the project's to allow, and refused with what it allows", async () => {
  const system = await startSystem();
  const none = await ask(system, true);
  expect(none).toMatchObject({ status: 403, body: { code: "network_refused" } });
  expect(none.body["title"]).toContain("deferred projects set --block-network");
  expect(none.body["detail"]).toBe("The project lets them reach nothing.");
  expect((await ask(system, false)).status).toBe(202);

  expect((await allow(system, ["api.example.org"])).status).toBe(200);
  expect((await ask(system, ["api.example.org"])).status).toBe(202);
  const other = await ask(system, ["api.example.org", "other.example"]);
  expect(other.status).toBe(403);
  expect(other.body["detail"]).toBe(
    "It asks for other.example; the project lets them reach api.example.org.",
  );
  for (const wrong of [true, "some", [], ["http://a.example"], [""]])
    expect((await allow(system, wrong)).status, JSON.stringify(wrong)).toBe(422);
});

test("machines are told the hosts, and another allowance is another run", async () => {
  const system = await startSystem();
  await allow(system, ["api.example.org"]);
  const first = await ask(system, true, 3600);
  expect((await ask(system, true, 3600)).body["id"]).toBe(first.body["id"]);
  const machine = await system.machine();
  const [work] = await machine.claim();
  expect(work).toMatchObject({
    run: first.body["id"],
    work: { kind: "block", limits: { network: ["api.example.org"] }, allow_private: false },
  });
  await allow(system, "any");
  const second = await ask(system, true, 3600);
  expect(second.body["id"]).not.toBe(first.body["id"]);
  const [more] = await machine.claim();
  expect(more).toMatchObject({ work: { limits: { network: true } } });
});
