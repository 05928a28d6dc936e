import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BlockClaims } from "../../../protocol/claims.ts";
import { paths } from "../../../protocol/paths.ts";
import { codeOf, startSystem, url } from "../system.ts";
import { BROWSER, CODE, CURL, finish, published } from "./published-block.ts";

const PROXIED = { DEFERRED_TRUST_PROXY: "1" };
const FORM = { ...BROWSER, origin: url, "content-type": "application/x-www-form-urlencoded" };

test("an input that is given twice is refused", async () => {
  const system = await startSystem();
  const inputs = {
    n: { type: "integer", default: 1 },
    utm_source: { type: "text" },
  } as const;
  const { path } = await published(system, { inputs });
  const twice = await system.call("GET", `${path}?n=1&n=2`, undefined, CURL);
  expect([twice.status, await twice.text()]).toEqual([
    422,
    "[An input is not what the block takes: see the detail. n: it is given twice.]\n",
  ]);
  // The block's own input, which elsewhere is a mark that networks add to links.
  const link = `${path}/artifacts/a.pdf?utm_source=mail&fbclid=1`;
  expect((await system.call("GET", link, undefined, BROWSER)).status).toBe(303);
  const machine = await system.machine();
  expect(await machine.claimOne()).toMatchObject({ work: { inputs: { utm_source: "mail" } } });
});

test("the form without scripts sends texts and choices as they are", async () => {
  const system = await startSystem();
  const inputs: BlockClaims["inputs"] = {
    way: { type: "choice", values: ["a  b", '"c"'], default: '"c"' },
    text: { type: "text", as: "stdin", default: "\nsecond" },
  };
  const { path } = await published(system, { inputs });
  const page = await (await system.call("GET", path, undefined, BROWSER)).text();
  expect(page).toContain('<option value="a  b"');
  expect(page).toMatch(/<option value="&quot;c&quot;" selected\s*>/);
  expect(page).toContain('rows="6">\n\nsecond</textarea>');
  expect((await system.call("POST", path, "way=a++b&text=%0D%0Asecond", FORM)).status).toBe(303);
});

test("a link that found no file is tried again with the same inputs", async () => {
  const system = await startSystem();
  const inputs = { n: { type: "integer", default: 1 } } as const;
  const { path } = await published(system, { inputs });
  const link = `${path}/artifacts/a.pdf`;
  const started = await system.call("GET", `${link}?n=5&utm_source=mail`, undefined, BROWSER);
  await finish(await system.machine(), "no file\n");
  const waiting = link + started.headers.get("location")!;
  const page = await system.call("GET", waiting, undefined, BROWSER);
  expect(page.status).toBe(404);
  expect(await page.text()).toContain('<a href="?n=5&amp;utm_source=mail">Try again</a>');
});

test("a program that finds no place to wait for a file starts no run", async () => {
  const system = await startSystem({ DEFERRED_MAX_STREAMS: "1" });
  const { path } = await published(system);
  const first = system.call("GET", `${path}/artifacts/a.pdf`, undefined, CURL);
  const machine = await system.machine();
  const second = await system.call("GET", `${path}/artifacts/a.pdf`, undefined, CURL);
  expect(await codeOf(second)).toBe("overloaded");
  await finish(machine, "");
  expect(await codeOf(await first)).toBe("file_not_found");
  const metrics = await (await system.call("GET", "/metrics")).text();
  expect(metrics).toContain('deferred_runs_ended_total{kind="block",state="succeeded"} 1\n');
  expect(metrics).toContain('deferred_runs_waiting{pool="shared"} 0\n');
});

test("a result is read from storage once, however many readers its block has", async () => {
  const system = await startSystem();
  const { path, block } = await published(system);
  const posted = await system.call("POST", paths.runs, { block, code: CODE });
  const { id } = (await posted.json()) as { id: string };
  // Larger than what the database keeps: a file.
  await finish(await system.machine(), `once\n${"x".repeat(70_000)}`);
  await system.until(id, ({ ending }) => ending !== undefined);
  const shown = async () => (await system.call("GET", path, undefined, BROWSER)).text();
  expect(await shown()).toContain(">once\n");
  const { storage } = system.folder;
  expect(await readdir(storage)).not.toEqual([]);
  for (const name of await readdir(storage)) await rm(join(storage, name), { recursive: true });
  expect((await system.call("GET", `/results/${id}/result.json`)).status).toBe(404);
  expect(await shown()).toContain(">once\n");
});

test("one address can't ask for frames without end", async () => {
  const system = await startSystem({ ...PROXIED, DEFERRED_RATE_ADDRESS: "2" });
  const { page_url } = await published(system);
  const asked = `/oembed?url=${encodeURIComponent(page_url)}`;
  const ask = () => system.call("GET", asked, undefined, { "x-forwarded-for": "192.0.2.1" });
  const statuses = [await ask(), await ask(), await ask()].map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 429]);
});
