import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { DEFAULT_LIMITS } from "../../../protocol/limits.ts";
import { runtimeNamed } from "../../../responder/runtimes/find.ts";
import { startAhead } from "../../../responder/sandbox/ahead.ts";
import { commandsAhead } from "../../../responder/sandbox/commands-ahead.ts";
import { Demand } from "../../../responder/sandbox/demand.ts";
import { none } from "../../../responder/sandbox/none.ts";
import type {
  CommandSandbox,
  PreparedSandbox,
  Sandbox,
} from "../../../responder/sandbox/sandbox.ts";
import type { Workspace } from "../../../responder/sandbox/workspace.ts";

const BASH = { runtime: runtimeNamed("bash"), interpreter: "/usr/bin/bash", version: "" };
const log = { info() {}, warn() {}, error() {} };

test("a run has the processors for itself: its sandbox is replaced when it has ended, by as many as ran at once", async () => {
  const state = mkdtempSync(join(tmpdir(), "deferred-ahead-"));
  const sandbox = none(state);
  await sandbox.probe();
  const prepare = vi.spyOn(sandbox, "prepare");
  const ahead = startAhead(sandbox, [BASH], log);
  onTestFinished(async () => {
    await ahead.close();
    await sandbox.close();
    rmSync(state, { recursive: true, force: true });
  });
  const run = async (one: PreparedSandbox) => {
    const program = { code: "true", inputs: {}, limits: DEFAULT_LIMITS };
    await one.run(program, () => {}, new AbortController().signal);
    await one.discard();
  };
  await vi.waitFor(() => expect(prepare).toHaveBeenCalledTimes(1));

  const first = await ahead.take("bash");
  expect(prepare).toHaveBeenCalledTimes(1);
  await run(first);
  // Two wait for a runtime in use.
  await vi.waitFor(() => expect(prepare).toHaveBeenCalledTimes(3));

  const taken = await Promise.all([1, 2, 3, 4].map(() => ahead.take("bash")));
  // Two more were started for those that nothing waited for.
  expect(prepare.mock.calls.length).toBeGreaterThanOrEqual(5);
  await Promise.all(taken.map(run));
  await vi.waitFor(() => expect(prepare).toHaveBeenCalledTimes(9));
});

test("a sandbox that has ended is replaced only in a later turn of the event loop, after its run's finish call", async () => {
  const ends: (() => void)[] = [];
  const prepare = vi.fn(async () => {
    const gone = new Promise<void>((resolve) => ends.push(resolve));
    return { gone, async discard() {} } as unknown as PreparedSandbox;
  });
  const ahead = startAhead({ ...none("/nowhere"), prepare }, [BASH], log);
  onTestFinished(ahead.close);
  await vi.waitFor(() => expect(prepare).toHaveBeenCalledTimes(1));
  await ahead.take("bash");
  ends[0]!();
  for (let tick = 0; tick < 20; tick++) await Promise.resolve();
  expect(prepare).toHaveBeenCalledTimes(1);
  await vi.waitFor(() => expect(prepare).toHaveBeenCalledTimes(3));
});

test("a sandbox that starts ahead keeps its low priority until a run waits for it", async () => {
  const started = Promise.withResolvers<PreparedSandbox>();
  const prepare = vi.fn<Sandbox["prepare"]>(() => started.promise);
  const ahead = startAhead({ ...none("/nowhere"), prepare }, [BASH], log);
  await vi.waitFor(() => expect(prepare).toHaveBeenCalledTimes(1));
  const needed = prepare.mock.calls[0]![2]!.then(() => "needed");
  expect(await Promise.race([needed, Promise.resolve("not yet")])).toBe("not yet");
  const taken = ahead.take("bash");
  expect(await needed).toBe("needed");
  const never = new Promise<void>(() => {});
  started.resolve({ gone: never, async discard() {} } as unknown as PreparedSandbox);
  await taken;
  // Nothing waits any more: the next one is started for its run.
  void ahead.take("bash");
  expect(prepare.mock.calls[1]![2]).toBeUndefined();
  await ahead.close();
});

test("a waiting sandbox that dies and can't be cleared away is replaced, and the responder goes on", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const died = Promise.withResolvers<void>();
  const discard = vi.fn(async () => {
    throw new Error("EBUSY");
  });
  const waiting = { gone: died.promise, discard } as unknown as PreparedSandbox;
  const prepare = vi.fn(async () => waiting);
  const ahead = startAhead({ ...none("/nowhere"), prepare }, [BASH], log);
  await vi.advanceTimersByTimeAsync(1);
  expect(prepare).toHaveBeenCalledTimes(1);
  died.resolve();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(prepare).toHaveBeenCalledTimes(2);
  await ahead.close();
  expect(discard).toHaveBeenCalled();
});

test("a command sandbox whose end can't be told is not kept waiting", async () => {
  const gone = Promise.withResolvers<void>();
  const one = { gone: gone.promise, async discard() {} } as unknown as CommandSandbox;
  const sandbox = {
    ...none("/nowhere"),
    makeWorkspace: () => ({}) as Workspace,
    async removeWorkspace() {},
    enter: vi.fn(async () => one),
  };
  const warn = vi.fn();
  const ahead = commandsAhead(sandbox, { ...log, warn });
  ahead.refill();
  gone.reject(new Error("ENODEV"));
  await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
  ahead.take();
  expect(sandbox.enter).toHaveBeenCalledTimes(2);
});

test("where memory is scarce one sandbox of a runtime waits, and never more than eight", () => {
  const demand = new Demand();
  const plenty = 2 ** 32;
  for (let run = 0; run < 20; run++) demand.begin();
  expect([demand.wished(plenty), demand.wished(2 ** 20)]).toEqual([8, 1]);
  for (let run = 0; run < 20; run++) demand.end();
  expect([demand.rest(), demand.wished(plenty)]).toEqual([true, 2]);
});
