import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Result } from "../../protocol/run.ts";
import { endOf, press, useBrowser } from "./browser.ts";
import { deferred, startServing, type Served } from "../systems/process.ts";

const browser = useBrowser();
let served: Served;
beforeAll(async () => {
  served = await startServing();
});
afterAll(() => served.clear());

async function programOf(text: string, name = "program.py"): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-long-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

async function resultOf(program: string, ...args: string[]): Promise<Result> {
  const run = await deferred(served, ["run", await programOf(program), "--json", ...args]);
  return JSON.parse(run.stdout) as Result;
}

const LINES = `
import sys
for i in range(30000):
    print(f"line {i}")
    if i % 100 == 0: print(f"note {i}", file=sys.stderr, flush=True)
`;

test("output past its limit is all in a file beside the result, whatever artifacts may take", async () => {
  const result = await resultOf(LINES, "--limit", "artifacts_mb=0");
  expect(result.truncated.stdout).toBeGreaterThan(200_000);
  const [file, ...others] = result.artifacts;
  expect(others).toEqual([]);
  expect(file).toMatchObject({ name: "output.txt", type: "text/plain; charset=utf-8" });
  const text = await (await fetch(new URL(file!.url, served.url))).text();
  expect(Buffer.byteLength(text)).toBe(file!.size);
  // The streams meet in the middle of lines, as pipes are read.
  const printed = text.replaceAll(/note \d+\n/g, "");
  expect(printed).toBe(Array.from({ length: 30_000 }, (_, i) => `line ${i}\n`).join(""));
  expect(text.match(/note \d+\n/g)).toHaveLength(300);
});

test("a file of the program's own keeps its name", async () => {
  const own = `
import os
os.makedirs("artifacts", exist_ok=True)
open("artifacts/output.txt", "w").write("mine")
print("x" * 200_000)
`;
  const { artifacts } = await resultOf(own);
  expect(artifacts.map(({ name, size }) => [name, size])).toEqual([
    ["output.txt", 4],
    ["output-all.txt", 200_001],
  ]);
});

test("of endless output the first ten megabytes are kept", async () => {
  const { artifacts } = await resultOf("for i in range(240):\n    print('x' * 49_999)\n");
  expect(artifacts.map(({ name, size }) => [name, size])).toEqual([["output.txt", 10_000_000]]);
});

test("short output leaves no file, and a program that leaves none has no value", async () => {
  const result = await resultOf("print('hi')\n");
  expect(result.artifacts).toEqual([]);
  expect(Object.keys(result)).not.toContain("value");
});

test("the result has the JSON of value.json", async () => {
  const result = await resultOf(
    "import json; json.dump({'total': 12.5}, open('value.json', 'w'))\n",
  );
  expect(result).toMatchObject({ state: "succeeded", value: { total: 12.5 }, artifacts: [] });
  const bad = await resultOf("open('value.json', 'w').write('nan')\n");
  expect(bad.value_problem).toContain("value.json is not JSON");
});

test("a page links to all of the output, and names the limit that ended a run", async () => {
  const signed = await deferred(served, ["sign", await programOf(LINES)]);
  const page = await browser.open(`file://${await programOf(signed.stdout, "page.html")}`);
  const block = page.locator("deferred-runner");
  await press(block);
  await endOf(block);
  const link = block.locator(".cut-words").getByRole("link", { name: "All of it" }).first();
  const href = (await link.getAttribute("href"))!;
  expect(await (await fetch(href)).text()).toContain("\nline 15000\n");

  const slow = await programOf("import time\ntime.sleep(60)\n");
  const late = await deferred(served, ["sign", slow, "--limit", "wall_s=1"]);
  const other = await browser.open(`file://${await programOf(late.stdout, "late.html")}`);
  await press(other.locator("deferred-runner"));
  expect(await endOf(other.locator("deferred-runner"))).toMatch(
    /ran longer than its time limit\. The limit is 1\.0 s; its author can sign a higher one\.$/,
  );
});
