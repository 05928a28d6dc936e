import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startFaulty } from "./faulty-system.ts";

const fixture = join(import.meta.dirname, "../fixtures/failing-flush.ts");

test("a server whose disk does not keep what was written ends, and the next start has what was acknowledged", async () => {
  const data = await mkdtemp(join(tmpdir(), "deferred-flush-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const fails = join(data, "fail-flush");
  const system = await startFaulty(data, {
    NODE_OPTIONS: `--import ${fixture}`,
    FAIL_FLUSH: fails,
  });
  onTestFinished(() => system.clear());
  const kept = await system.run("echo kept\n");
  expect(await system.result(kept)).toMatchObject({ stdout: "kept\n" });

  await writeFile(fails, "");
  const request = await system.request("echo lost\n");
  // Many at once: those behind the flush that failed are not acknowledged either.
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      system.post(request).then(
        ({ status }) => status,
        () => "cut off",
      ),
    ),
  );
  expect(answers.filter((answer) => answer !== 503 && answer !== "cut off")).toEqual([]);
  expect(await system.died()).toBe(74);
  const lines = system
    .logged()
    .split("\n")
    .filter((line) => line.includes('"level":60'));
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    {
      msg: "the disk failed to keep the database: the server ends",
      cause: "Error: EIO: i/o error, fdatasync",
    },
  ]);

  await rm(fails);
  await system.start();
  expect(await system.result(kept)).toMatchObject({ stdout: "kept\n" });
  const next = await system.run("echo next\n");
  expect(await system.result(next)).toMatchObject({ stdout: "next\n" });
});
