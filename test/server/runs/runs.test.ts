import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { codeOf, eventsOf, resultOf, startSystem } from "../system.ts";

describe("a run", () => {
  test("goes from queued over waking and running to its result, each step an event", async () => {
    const system = await startSystem();
    const created = await system.run("print(6 * 7)");
    expect(created.state).toBe("queued");
    await system.until(created.id, (view) => view.waking?.phase === "starting");

    const machine = await system.machine();
    const assignment = await machine.claimOne();
    expect(assignment).toMatchObject({
      run: created.id,
      attempt: 1,
      work: { kind: "block", runtime: "python", code: "print(6 * 7)\n", limits: { wall_s: 30 } },
    });
    await machine.started(assignment);
    await machine.output(assignment, 1, { stream: "stdout", text: "42\n" });
    await machine.output(assignment, 2, { stream: "stderr", text: "done\n" });
    await machine.finish(assignment);

    const events = await eventsOf(await system.call("GET", paths.runEvents(created.id)));
    expect(events.map((event) => event.data.type)).toEqual([
      "queued",
      "waking",
      "waking",
      "attempt_started",
      "output",
      "output",
      "ended",
    ]);
    expect(events.map((event) => event.id)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);

    const result = await resultOf(system, created.id);
    expect(result).toMatchObject({
      id: created.id,
      state: "succeeded",
      reason: null,
      exit_code: 0,
      signal: null,
      stdout: "42\n",
      stderr: "done\n",
      truncated: { stdout: 0, stderr: 0, artifacts: 0 },
      artifacts: [],
      attempt: 1,
      runtime: "python",
    });
    expect(result.times.ran_s).toBe(0.01);
  });

  test("that prints nothing has a result all the same", async () => {
    const system = await startSystem();
    const { id } = await system.run("pass");
    const machine = await system.machine();
    await machine.finish(await machine.claimOne());
    expect(await resultOf(system, id)).toMatchObject({
      stdout: "",
      stderr: "",
      state: "succeeded",
    });
  });

  test("is known by its end: exit status, limits, memory", async () => {
    const system = await startSystem();
    const machine = await (async () => {
      await system.run();
      const first = await system.machine();
      await first.finish(await first.claimOne());
      return first;
    })();
    const endOf = async (outcome: Parameters<typeof machine.finish>[1]) => {
      const { id } = await system.run();
      await machine.finish(await machine.claimOne(), outcome);
      const { state, ending } = await system.view(id);
      return [state, ending?.reason?.code ?? null];
    };
    expect(await endOf({ exit_code: 3 })).toEqual(["failed", null]);
    expect(await endOf({ exit_code: null, signal: "SIGSEGV" })).toEqual(["failed", null]);
    expect(await endOf({ cause: "wall_time", exit_code: null })).toEqual([
      "timed_out",
      "wall_time",
    ]);
    expect(await endOf({ cause: "cpu_time", exit_code: null })).toEqual(["timed_out", "cpu_time"]);
    expect(await endOf({ cause: "memory", exit_code: null })).toEqual(["killed", "memory"]);
  });

  test("has no result before its end", async () => {
    const system = await startSystem();
    const { id, result_url } = await system.run();
    const early = await system.call("GET", paths.runResult(id));
    expect(early.headers.get("retry-after")).toBe("1");
    expect(await codeOf(early)).toBe("run_not_finished");
    expect(await codeOf(await system.app.request(result_url))).toBe("run_not_finished");
  });
});

describe("an attempt that is lost", () => {
  test("is tried again, and what it printed is void", async () => {
    const system = await startSystem();
    const { id } = await system.run();
    const machine = await system.machine();
    const first = await machine.claimOne();
    await machine.started(first);
    await machine.output(first, 1, { stream: "stdout", text: "half" });
    await machine.finish(first, { cause: "handed_back", exit_code: null });
    const view = await system.view(id);
    expect(view).toMatchObject({
      state: "retrying",
      retrying: { reason: { code: "handed_back" } },
    });

    const second = await machine.claimOne();
    expect(second).toMatchObject({ run: id, attempt: 2 });
    await machine.finish(
      second,
      {},
      { output: { seq: 1, chunks: [{ stream: "stdout", text: "whole" }] } },
    );
    expect(await resultOf(system, id)).toMatchObject({ stdout: "whole", attempt: 2 });
  });

  test("ends the run with its reason when the attempts are used up", async () => {
    const system = await startSystem();
    const { id } = await system.run();
    const machine = await system.machine();
    for (let attempt = 1; attempt <= 3; attempt++) {
      await machine.finish(await machine.claimOne(), { cause: "sandbox_failed", exit_code: null });
    }
    const { state, ending } = await system.view(id);
    expect([state, ending?.reason?.code]).toEqual(["errored", "sandbox_failed"]);
    expect(await resultOf(system, id)).toMatchObject({ state: "errored", attempt: 3 });
  });

  test("is not tried again once its program began, where the block says so", async () => {
    const system = await startSystem();
    const early = await system.run("print(1)", { retry: "never" });
    const machine = await system.machine();
    await machine.finish(await machine.claimOne(), { cause: "handed_back", exit_code: null });
    expect((await system.view(early.id)).state).toBe("retrying");

    const second = await machine.claimOne();
    await machine.started(second);
    await machine.finish(second, { cause: "handed_back", exit_code: null });
    const { state, ending } = await system.view(early.id);
    expect([state, ending?.reason?.code]).toEqual(["errored", "not_repeatable"]);
  });

  test("is noticed when the machine's process dies, and a new machine is woken", async () => {
    const system = await startSystem();
    const { id } = await system.run();
    const machine = await system.machine();
    const first = await machine.claimOne();
    await machine.started(first);
    await system.killMachine(machine.launch.launch_id);
    await system.until(id, (view) => view.state === "retrying" || view.attempt > 1);
    const next = await system.machine();
    const second = await next.claimOne();
    expect(second).toMatchObject({ run: id, attempt: 2 });
    await next.finish(second);
    expect((await system.view(id)).state).toBe("succeeded");
  });
});

describe("a machine that never comes", () => {
  test("is tried again once, then the run and those that come soon are errored with the reason", async () => {
    const system = await startSystem();
    system.responder.args = ["-e", "setTimeout(() => process.exit(1), 100)", "--"];
    const { id } = await system.run();
    const { ending } = await system.until(id, (view) => view.state === "errored");
    expect(ending?.reason?.code).toBe("boot_failed");
    const events = await eventsOf(await system.call("GET", paths.runEvents(id)));
    expect(events.filter(({ data }) => data.type === "retrying")).toHaveLength(1);
    const soon = await system.run("print(2)");
    const told = await system.until(soon.id, (view) => view.state !== "queued");
    expect(told.ending?.reason).toMatchObject({
      code: "boot_failed",
      message: expect.stringMatching(/did not start\. Another is tried from .* UTC on/) as string,
    });
  });

  test("as it was killed on its way costs its runs none of their attempts", async () => {
    const system = await startSystem();
    const { id } = await system.run();
    for (let attempt = 1; attempt <= 2; attempt++) {
      const { launch_id } = await system.launched();
      await system.until(id, (view) => view.state === "waking");
      await system.killMachine(launch_id);
      await system.until(id, (view) => view.attempt === attempt);
    }
    const machine = await system.machine();
    expect(await machine.claimOne()).toMatchObject({ run: id, attempt: 3 });
    expect((await system.view(id)).max_attempts).toBe(5);
  });

  test("and a runtime that no machine has end the run at once", async () => {
    const system = await startSystem();
    const { id } = await system.run("puts 1", { runtime: "ruby" });
    await system.machine();
    const { ending } = await system.until(id, (view) => view.state === "errored");
    expect(ending?.reason?.code).toBe("runtime_not_installed");
  });
});
