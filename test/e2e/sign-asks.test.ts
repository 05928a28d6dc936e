import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { deferred, startServing } from "../systems/process.ts";

const PROGRAM = (port: number) => `import os, urllib.request
os.environ["no_proxy"] = ""
print(urllib.request.urlopen("http://127.0.0.1:${port}/answer").read().decode())
`;

async function served(env: Record<string, string>) {
  const server = await startServing(env);
  const web = createServer((request, response) => response.end(`42 ${request.url}`));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    web.close();
    await server.clear();
  });
  const { port } = web.address() as AddressInfo;
  const file = join(server.data, "ask.py");
  await writeFile(file, PROGRAM(port));
  const sign = (network: string) =>
    deferred(server, ["sign", file, "--format", "json", "--limit", `network=${network}`]);
  const run = async (body: string) => {
    const headers = { "content-type": "application/json", accept: "text/plain" };
    const response = await fetch(`${server.url}/v1/runs`, { method: "POST", headers, body });
    return { status: response.status, text: await response.text() };
  };
  const set = (value: string) =>
    deferred(server, ["projects", "set", "local/demo", "--block-network", value]);
  return { server, sign, run, set };
}

test("a signed block reaches what its project allows, and its author hears before that it does not", async () => {
  // Here the internet is this machine's loopback.
  const { sign, run, set } = await served({ DEFERRED_ALLOW_PRIVATE: "1" });
  const refused = await sign("true");
  expect(refused).toMatchObject({ code: 65, stdout: "" });
  expect(refused.stderr).toContain(
    "error: local/demo does not allow this network. The project lets them reach nothing.",
  );
  expect(refused.stderr).toContain("deferred projects set local/demo --block-network HOST,…");

  expect((await set("127.0.0.1,*.example.org")).stdout).toContain("127.0.0.1, *.example.org");
  const signed = await sign("true");
  expect(signed.stderr).toContain("note: it may reach 127.0.0.1, *.example.org\n");
  expect(await run(signed.stdout)).toEqual({ status: 200, text: "42 /answer\n" });
  const other = await sign("api.other.example");
  expect(other.code).toBe(65);
  expect(other.stderr).toContain("--block-network api.other.example");

  // What was signed is the server's to refuse once the project has changed its mind.
  await set("none");
  const after = await run(signed.stdout);
  expect(after.status).toBe(403);
  expect(after.text).toContain("network_refused");
  expect((await set("any,none")).code).toBe(2);
});

test("no block reaches an address that is not public, whatever its project allows", async () => {
  const { sign, run, set } = await served({});
  await set("any");
  const signed = await sign("true");
  expect(signed.stderr).toContain("note: it may reach any public address\n");
  const { text } = await run(signed.stdout);
  expect(text).toContain("HTTP Error 403");
  expect(text).not.toContain("42 /answer");
});

test("a version that no machine has is signed, and said where the server knows", async () => {
  const { server, run } = await served({});
  const file = join(server.data, "one.py");
  await writeFile(file, "print(1)");
  const sign = (runtime: string) =>
    deferred(server, ["sign", file, "--format", "json", "--runtime", runtime]);
  // Nobody knows before a machine was there.
  expect((await sign("python@2.7")).stderr).not.toContain("machines of");
  expect((await run((await sign("python")).stdout)).text).toBe("1\n");
  const noted = await sign("python@2.7");
  expect(noted.code).toBe(0);
  expect(noted.stderr).toMatch(
    /note: machines of \S+ have python 3\.\d+\.\d+: a run waits for one with 2\.7\n/,
  );
  expect((await sign("python@3")).stderr).not.toContain("machines of");
});

test("signing needs no server, and says that it was not asked", async () => {
  const { server, sign } = await served({});
  await server.stop();
  const signed = await sign("api.example.org");
  expect(signed.code).toBe(0);
  expect(signed.stderr).toContain(
    "note: the server was not asked whether local/demo lets its blocks reach api.example.org",
  );
});
