import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { storageKeys } from "../../protocol/paths.ts";
import { MACHINES, openSystem, outcome } from "./run-model/system.ts";

afterEach(() => void vi.useRealTimers());

test("storage that says nothing holds up no end of a run, and gets its result once it answers", async () => {
  const system = await openSystem({ now: Date.UTC(2026, 0, 1) });
  onTestFinished(system.close);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const id = await system.submitBlock(1, true);
  const machine = system.machine(MACHINES[0]!.id);
  const { claims, leases, runs } = system.server();
  await claims.claim(machine, 1);
  system.store.setSilent(true);
  const truncated = { stdout: 0, stderr: 0, artifacts: 0 };
  const finish = leases.finish(machine, id, {
    attempt: 1,
    outcome: { cause: "exited", exit_code: 0, signal: null, truncated },
    artifacts: [],
    caches: [],
  });
  // One waits for the storage, one for whoever waits for that.
  while (vi.getTimerCount() < 2) await new Promise(setImmediate);
  // Whoever waits does so for 3 s at most.
  await vi.advanceTimersByTimeAsync(3000);
  await finish;
  expect((await runs.find(id)).state).toBe("succeeded");
  expect(await outcome(runs.resultUrl(id))).toBe("run_not_finished");

  // The silence counts as a failure after a minute; then it is tried again.
  await vi.advanceTimersByTimeAsync(60_000);
  system.store.setSilent(false);
  await runs.repairResults();
  expect(system.store.resultsAt(storageKeys.result(id))).toMatchObject([{ state: "succeeded" }]);
});
