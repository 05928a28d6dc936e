import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { skippedBecause } from "./needs.ts";

const ROOT = join(import.meta.dirname, "..");

/** Runs a suite of one file with the project's reporter; answers all it printed and its exit status. */
async function suiteOf(
  tests: string,
  retry: number,
  more: Record<string, string> = {},
): Promise<{ printed: string; code: unknown }> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-closing-line-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const reporters = [join(ROOT, "test/closing-line.ts")];
  const config = { test: { globals: true, include: ["*.test.js"], retry, reporters } };
  await writeFile(join(folder, "vitest.config.js"), `export default ${JSON.stringify(config)}`);
  await writeFile(join(folder, "one.test.js"), tests);
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  return new Promise((resolve) => {
    const env = { ...process.env, CHECK_FAILED: undefined, ...more };
    execFile(process.execPath, [vitest, "run", "--root", folder], { env }, (error, stdout) => {
      resolve({ printed: stdout, code: error?.code ?? 0 });
    });
  });
}

const PASSES = `test("passes", () => {});`;
const FLAKES = `let tries = 0; test("flakes", () => { if (tries++ === 0) throw new Error("a race\\nmore"); });`;
const FAILS = `test("fails", () => { throw new Error("always"); });`;

test("before the closing line are what this machine can't run, each with its own reason, and what passed when it was run again", async () => {
  const skipped = (reason: string) => JSON.stringify(skippedBecause(reason));
  const tests = `
    test("needs more", ${skipped("it takes root")}, () => {});
    describe("a group", ${skipped("it takes git")}, () => { test("of one", () => {}); });
    test("finds out", ({ skip }) => skip("its disk is too small"));
  `;
  const { printed, code } = await suiteOf(PASSES + FLAKES + tests, 1);
  expect(printed).toBe(
    `skipped:
  one.test.js > needs more: it takes root
  one.test.js > a group > of one: it takes git
  one.test.js > finds out: its disk is too small
flaked:
  one.test.js > flakes: a race
2 passed, 0 failed, 3 skipped
`,
  );
  expect(code).toBe(0);
});

test("without a second run a failure is a failure, and nothing is listed", async () => {
  const { printed, code } = await suiteOf(PASSES + FLAKES, 0);
  expect(printed).toMatch(/^1 passed, 1 failed\n$/);
  expect(printed).not.toContain("flaked:");
  expect(code).toBe(1);
});

test("a test that fails twice fails", async () => {
  const { printed, code } = await suiteOf(FAILS, 1);
  expect(printed).toMatch(/^0 passed, 1 failed\n$/);
  expect(printed).not.toContain("flaked:");
  expect(code).toBe(1);
});

test("no test of this project can be skipped without a reason", () => {
  const files = globSync("test/**/*.ts", { cwd: ROOT });
  expect(files.length).toBeGreaterThan(100);
  const silent = /\b(test|describe)(\.\w+)*\s*\.(skip|skipIf|runIf|todo)\b/;
  expect(files.filter((file) => silent.test(readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
});

test("a failed check before the tests fails the suite in a line of its own", async () => {
  const { printed, code } = await suiteOf(PASSES, 0, { CHECK_FAILED: "1" });
  expect(printed).toMatch(/^npm run check failed: .*\n1 passed, 1 failed\n$/);
  expect(code).toBe(1);
});
