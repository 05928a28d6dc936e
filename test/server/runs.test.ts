import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import type { Result, RunCreated } from "../../protocol/run.ts";
import { codeOf, eventsOf, startSystem, type System } from "./system.ts";

async function resultOf(system: System, id: string): Promise<Result> {
  const redirect = await system.call("GET", paths.runResult(id));
  expect(redirect.status).toBe(302);
  const response = await system.app.request(redirect.headers.get("location")!);
  return (await response.json()) as Result;
}

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
    expect(await codeOf(await system.app.request(result_url))).toBe("file_not_found");
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
  test("uses an attempt up each time, until the run is errored with the reason", async () => {
    const system = await startSystem();
    const { id } = await system.run();
    for (let attempt = 1; attempt <= 3; attempt++) {
      const { launch_id } = await system.launched();
      await system.until(id, (view) => view.state === "waking");
      await system.killMachine(launch_id);
      await system.until(id, (view) => view.state !== "waking");
    }
    const { state, ending } = await system.view(id);
    expect([state, ending?.reason?.code]).toEqual(["errored", "boot_failed"]);
  });

  test("and a runtime that no machine has end the run at once", async () => {
    const system = await startSystem();
    const { id } = await system.run("puts 1", { runtime: "ruby" });
    await system.machine();
    const { ending } = await system.until(id, (view) => view.state === "errored");
    expect(ending?.reason?.code).toBe("runtime_not_installed");
  });
});

describe("a caller", () => {
  test("may leave; the run is canceled when nobody is left", async () => {
    const system = await startSystem();
    const created = await system.run();
    const leave = (token: string) =>
      system.call("DELETE", paths.run(created.id), undefined, { authorization: `Bearer ${token}` });
    expect(await codeOf(await leave("1.wrong"))).toBe("cancel_token_wrong");
    expect((await leave(created.cancel_token!)).status).toBe(200);
    expect((await system.view(created.id)).state).toBe("canceled");
    expect(await resultOf(system, created.id)).toMatchObject({ state: "canceled" });
  });

  test("who shares a run leaves it to the others", async () => {
    const system = await startSystem();
    const block = await system.sign("print(1)", { cache_s: 60 });
    const ask = async () =>
      (await (
        await system.call("POST", paths.runs, { block, code: "print(1)" })
      ).json()) as RunCreated;
    const [first, second] = [await ask(), await ask()];
    expect(second.id).toBe(first.id);
    await system.call("DELETE", paths.run(first.id), undefined, {
      authorization: `Bearer ${first.cancel_token}`,
    });
    expect((await system.view(first.id)).state).not.toBe("canceled");
  });

  test("gets a stored result within cache_s, and a new run otherwise", async () => {
    const system = await startSystem();
    const block = await system.sign("print(1)", { cache_s: 60 });
    const ask = () => system.call("POST", paths.runs, { block, code: "print(1)" });
    const first = (await (await ask()).json()) as RunCreated;
    const machine = await system.machine();
    await machine.finish(await machine.claimOne());
    const again = await ask();
    expect(again.status).toBe(200);
    const stored = (await again.json()) as RunCreated;
    expect(stored).toMatchObject({ id: first.id, state: "succeeded" });
    expect(stored.cancel_token).toBeUndefined();

    const never = await system.run("print(1)");
    expect(never.id).not.toBe(first.id);
  });

  test("who repeats a request with its Idempotency-Key gets the same run", async () => {
    const system = await startSystem();
    const block = await system.sign("print(1)");
    const headers = { "idempotency-key": randomUUID() };
    const ask = (code: string, more: Record<string, string> = headers) =>
      system.call("POST", paths.runs, { block, code }, more);
    const first = (await (await ask("print(1)")).json()) as RunCreated;
    const repeat = (await (await ask("  print(1)\n")).json()) as RunCreated;
    expect(repeat).toEqual({ ...first, state: repeat.state });
    const short = await ask("print(1)", { "idempotency-key": "short" });
    expect(await codeOf(short)).toBe("header_invalid");
  });

  test("who sends another body with it is told so", async () => {
    const system = await startSystem();
    const block = await system.sign("print(1)", { edit: true });
    const headers = { "idempotency-key": randomUUID() };
    await system.call("POST", paths.runs, { block, code: "print(1)" }, headers);
    const other = await system.call("POST", paths.runs, { block, code: "print(2)" }, headers);
    expect(await codeOf(other)).toBe("idempotency_key_reused");
  });

  test("whom a stored result answered gets it again with the same key, and nothing else", async () => {
    const system = await startSystem();
    const block = await system.sign("print(1)", { cache_s: 60, edit: true });
    const ask = (code: string, headers: Record<string, string> = {}) =>
      system.call("POST", paths.runs, { block, code }, headers);
    const { id } = (await (await ask("print(1)")).json()) as RunCreated;
    const machine = await system.machine();
    await machine.finish(await machine.claimOne());

    const key = { "idempotency-key": randomUUID() };
    for (let repeat = 0; repeat < 2; repeat++) {
      const answer = await ask("print(1)", key);
      expect(answer.status).toBe(200);
      const stored = (await answer.json()) as RunCreated;
      expect(stored).toMatchObject({ id, state: "succeeded" });
      expect(stored.cancel_token).toBeUndefined();
    }
    expect(await codeOf(await ask("print(2)", key))).toBe("idempotency_key_reused");
  });

  test("sees the output as it comes with Accept: text/plain", async () => {
    const system = await startSystem();
    const block = await system.sign("print(1)");
    const answer = system.call(
      "POST",
      paths.runs,
      { block, code: "print(1)" },
      { accept: "text/plain" },
    );
    const machine = await system.machine();
    const assignment = await machine.claimOne();
    await machine.output(assignment, 1, { stream: "stdout", text: "one\n" });
    await machine.finish(assignment, { exit_code: 3 });
    const response = await answer;
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await response.text()).toBe("one\n[failed: exit status 3]\n");
  });
});

test("a cancel token may come in the body as well", async () => {
  const system = await startSystem();
  const { id, cancel_token } = await system.run();
  expect(await codeOf(await system.call("DELETE", paths.run(id)))).toBe("cancel_token_wrong");
  const wrong = await system.call("DELETE", paths.run(id), { cancel_token: "1.wrong" });
  expect(await codeOf(wrong)).toBe("cancel_token_wrong");
  expect((await system.call("DELETE", paths.run(id), { cancel_token })).status).toBe(200);
  expect((await system.view(id)).state).toBe("canceled");
});

describe("inputs", () => {
  const inputs = {
    count: { type: "integer" as const, min: 1, max: 5, default: 2 },
    name: { type: "text" as const, max_length: 4 },
  };

  test("reach the machine with their defaults and their types", async () => {
    const system = await startSystem();
    const block = await system.sign("print(1)", { inputs });
    await system.call("POST", paths.runs, { block, code: "print(1)", inputs: { name: "éé" } });
    const machine = await system.machine();
    expect((await machine.claimOne()).work.inputs).toEqual({ count: 2, name: "éé" });
  });

  test.for([
    ["an unknown name", { other: 1 }],
    ["a value out of bounds", { count: 6 }],
    ["a fraction for an integer", { count: 1.5 }],
    ["another type", { count: "2" }],
    ["a text that is too long in bytes", { name: "ééé" }],
    ["a text with NUL", { name: "\0" }],
  ] as const)("refuse %s", async ([, given]) => {
    const system = await startSystem();
    const block = await system.sign("print(1)", { inputs });
    const body = { block, code: "print(1)", inputs: given };
    expect(await codeOf(await system.call("POST", paths.runs, body))).toBe("input_invalid");
  });
});
