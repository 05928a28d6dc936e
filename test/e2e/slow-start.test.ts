import { expect, test } from "vitest";
import { RESPONDER } from "../compiled.ts";
import { startIntercepted, type Intercept } from "../systems/in-process.ts";

const passingOn: Intercept = (request, passOn) => passOn(request);

/** What stands for a busy host: it computes for so long before the responder begins. */
const slowResponder = (ms: number) => ({
  command: "bash",
  args: [
    "-c",
    `for ((end = \${EPOCHREALTIME/./} + ${ms}000; \${EPOCHREALTIME/./} < end;)); do :; done; exec "$@"`,
    "bash",
    process.execPath,
    RESPONDER,
  ],
});

test("a local machine that takes longer than its time to come up, and moves, loses no run", async () => {
  const bootMs = 1500;
  const server = await startIntercepted(passingOn, {
    responder: slowResponder(bootMs + 500),
    times: { policy: { bootMs, bootMostMs: 600_000 } },
  });
  const run = await server.run("echo hello\n");
  const result = await server.result(run);
  expect(result).toMatchObject({ state: "succeeded", attempt: 1, stdout: "hello\n" });
  const { queued, started } = result.times;
  expect(Date.parse(started!) - Date.parse(queued)).toBeGreaterThan(bootMs);
});

test("a local machine that stands still is given up after its time", async () => {
  const server = await startIntercepted(passingOn, {
    responder: { command: "bash", args: ["-c", "exec sleep 600"] },
    times: { policy: { bootMs: 1500, bootMostMs: 600_000 } },
  });
  const run = await server.run("echo hello\n");
  expect(await server.result(run)).toMatchObject({
    state: "errored",
    reason: { code: "boot_failed" },
  });
});
