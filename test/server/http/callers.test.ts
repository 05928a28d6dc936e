import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { RunCreated } from "../../../protocol/run.ts";
import { eventually } from "../../eventually.ts";
import { codeOf, resultOf, startSystem } from "../system.ts";

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
    const ask = (headers: Record<string, string> = {}) =>
      system.call("POST", paths.runs, { block, code: "print(1)" }, headers);
    const first = (await (await ask()).json()) as RunCreated;
    const machine = await system.machine();
    const held = await machine.claimOne();
    await machine.output(held, 1, { stream: "stdout", text: "1\n" });
    await machine.finish(held);
    const again = await ask();
    expect(again.status).toBe(200);
    // In a terminal it is what the program printed, and nothing else.
    expect(await (await ask({ accept: "text/plain" })).text()).toBe("1\n");
    const stored = (await again.json()) as RunCreated;
    expect(stored).toMatchObject({ id: first.id, state: "succeeded" });
    expect(stored.cancel_token).toBeUndefined();
    expect(stored.stored).toMatchObject({ id: first.id, result_url: first.result_url });
    expect(stored.stored!.age_s).toBeLessThan(60);

    const never = await system.run("print(1)");
    expect(never.id).not.toBe(first.id);
  });

  test("who wants a fresh run gets one, and the stored result to show until then", async () => {
    const system = await startSystem();
    const block = await system.sign("print(1)", { cache_s: 60 });
    const ask = async (more: object = {}) => {
      const answer = await system.call("POST", paths.runs, { block, code: "print(1)", ...more });
      return { status: answer.status, ...((await answer.json()) as RunCreated) };
    };
    const first = await ask({ fresh: true });
    expect(first.stored).toBeUndefined();
    const machine = await system.machine();
    await machine.finish(await machine.claimOne());
    const fresh = await ask({ fresh: true });
    expect(fresh.id).not.toBe(first.id);
    expect(fresh).toMatchObject({ status: 202, stored: { id: first.id } });
    expect((await ask({ fresh: true })).id).toBe(fresh.id);
    // To whom the stored one is good enough, that answers while the fresh one is made.
    expect(await ask()).toMatchObject({ status: 200, id: first.id });
    await machine.finish(await machine.claimOne());
    expect(await ask()).toMatchObject({ status: 200, id: fresh.id, stored: { id: fresh.id } });
  });

  test("finds an outdated result beside the run that is made anew", async () => {
    const system = await startSystem();
    const block = await system.sign("print(1)", { cache_s: 1 });
    const ask = () => system.call("POST", paths.runs, { block, code: "print(1)" });
    const first = (await (await ask()).json()) as RunCreated;
    const machine = await system.machine();
    await machine.finish(await machine.claimOne());
    const anew = await eventually(async () => {
      const answer = await ask();
      return answer.status === 202 ? ((await answer.json()) as RunCreated) : undefined;
    });
    expect(anew.id).not.toBe(first.id);
    expect(anew.stored!.id).toBe(first.id);
    expect(anew.stored!.age_s).toBeGreaterThanOrEqual(1);
    const joined = (await (await ask()).json()) as RunCreated;
    expect(joined).toMatchObject({ id: anew.id, stored: { id: first.id } });
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
    // To want a fresh run is another wish, and the same one when it is repeated.
    const fresh = { block, code: "print(1)", fresh: true };
    expect(await codeOf(await system.call("POST", paths.runs, fresh, headers))).toBe(
      "idempotency_key_reused",
    );
    const key = { "idempotency-key": randomUUID() };
    const [first, again] = [
      await system.call("POST", paths.runs, fresh, key),
      await system.call("POST", paths.runs, fresh, key),
    ];
    expect(((await again.json()) as RunCreated).id).toBe(((await first.json()) as RunCreated).id);
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
    expect((await machine.claimOne()).work).toMatchObject({ inputs: { count: 2, name: "éé" } });
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
