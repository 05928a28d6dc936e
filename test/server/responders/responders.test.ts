import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import type { Assignment } from "../../../protocol/responder.ts";
import { registration } from "../played-machine.ts";
import { codeOf, resultOf, startSystem } from "../system.ts";

const calls = (run: string): [string, unknown][] => [
  [paths.responder.claim, { slots: 1, wait_s: 0 }],
  [paths.responder.renew, { runs: [{ run, attempt: 1 }] }],
  [paths.responder.started(run), { attempt: 1 }],
  [paths.responder.output(run), { attempt: 1, seq: 1, chunks: [] }],
  [paths.responder.artifacts(run), { attempt: 1, artifacts: [] }],
  [paths.responder.leave, {}],
];

test("every responder call needs a responder's token", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  for (const [path, body] of calls(id)) {
    expect(await codeOf(await system.call("POST", path, body))).toBe("responder_token_missing");
    const wrong = { authorization: "Bearer nobody" };
    expect(await codeOf(await system.call("POST", path, body, wrong))).toBe(
      "responder_token_wrong",
    );
  }
});

test("another machine's token does not reach an attempt", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const other = await anotherMachine(system);
  expect(await codeOf(await other.started(held))).toBe("attempt_not_held");
  expect(await codeOf(await other.output(held, 1, { stream: "stdout", text: "x" }))).toBe(
    "attempt_not_held",
  );
  expect(await codeOf(await other.finish(held))).toBe("attempt_not_held");
  expect((await system.view(id)).state).toBe("running");
});

test("an old attempt is fenced off, whatever its machine still sends", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const old = await machine.claimOne();
  await machine.finish(old, { cause: "handed_back", exit_code: null });
  const fresh = await machine.claimOne();
  expect(fresh.attempt).toBe(2);
  for (const late of [
    await machine.started(old),
    await machine.output(old, 1, { stream: "stdout", text: "late" }),
    await machine.finish(old),
  ]) {
    expect(await codeOf(late)).toBe("attempt_over");
  }
  const renewed = await machine.post(paths.responder.renew, {
    runs: [
      { run: id, attempt: 1 },
      { run: id, attempt: 2 },
    ],
  });
  expect(await renewed.json()).toEqual({ lease_s: 15, stop: [id], drain: false });
});

test("output and finish may be repeated without a trace", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  for (let repeat = 0; repeat < 2; repeat++) {
    expect((await machine.output(held, 1, { stream: "stdout", text: "once\n" })).status).toBe(200);
  }
  const skipped = await machine.output(held, 3, { stream: "stdout", text: "too soon" });
  expect(await codeOf(skipped)).toBe("body_invalid");
  for (let repeat = 0; repeat < 2; repeat++) {
    const last = { output: { seq: 2, chunks: [{ stream: "stdout", text: "last\n" }] } };
    expect((await machine.finish(held, {}, last)).status).toBe(200);
  }
  const result = await system.app.request((await system.view(id)).result_url);
  expect(await result.json()).toMatchObject({ stdout: "once\nlast\n", attempt: 1 });
});

test("a run that was canceled is to be stopped at the next renewal", async () => {
  const system = await startSystem();
  const created = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const headers = { authorization: `Bearer ${created.cancel_token}` };
  await system.call("DELETE", paths.run(created.id), undefined, headers);
  const renewed = await machine.post(paths.responder.renew, {
    runs: [{ run: held.run, attempt: held.attempt }],
  });
  expect(await renewed.json()).toMatchObject({ stop: [created.id] });
  expect(await codeOf(await machine.finish(held))).toBe("attempt_over");
});

test("a claim waits for work and takes as many runs as it has slots", async () => {
  const system = await startSystem();
  await system.run();
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  const claim = machine.claim(2, 20.0001);
  const runs = [
    await system.run("print(1)"),
    await system.run("print(2)"),
    await system.run("print(3)"),
  ];
  const claimed: Assignment[] = await claim;
  while (claimed.length < 3) claimed.push(...(await machine.claim(3 - claimed.length)));
  expect(claimed.map((one) => one.run)).toEqual(runs.map((run) => run.id));
});

test("a finish tells when the program began, which no earlier call did", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const work = await machine.claimOne();
  expect(work.confirm_start).toBeUndefined();
  await new Promise((resolve) => setTimeout(resolve, 60));
  await machine.finish(work, {}, { began_ago_s: 0.04 });
  const { times } = await resultOf(system, id);
  const [queued, started, ended] = [times.queued, times.started!, times.ended].map(Date.parse);
  expect(ended! - started!).toBeGreaterThanOrEqual(39);
  expect(started).toBeGreaterThanOrEqual(queued!);
});

test("a start that a machine puts before the run was made counts from then", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const work = await machine.claimOne();
  await machine.output(work, 1, { stream: "stdout", text: "42\n" });
  await machine.finish(work, {}, { began_ago_s: 86_400 });
  const { times } = await resultOf(system, id);
  expect(times.started).toBe(times.queued);
});

test("a program that must not run twice begins only after its start is acknowledged", async () => {
  const system = await startSystem();
  await system.run("print(1)", { retry: "never" });
  const machine = await system.machine();
  expect(await machine.claimOne()).toMatchObject({ confirm_start: true });
});

test("finish claims the next run in the same call", async () => {
  const system = await startSystem();
  await system.run("print(1)");
  const second = await system.run("print(2)");
  const machine = await system.machine();
  const answer = await machine.finish(await machine.claimOne(), {}, { claim: 1 });
  expect(await answer.json()).toMatchObject({ runs: [{ run: second.id, attempt: 1 }] });
});

test("a machine may not leave while runs wait for it, and claims nothing once it leaves", async () => {
  const system = await startSystem();
  await system.run();
  const machine = await system.machine();
  expect(await codeOf(await machine.post(paths.responder.leave))).toBe("work_waiting");
  await machine.finish(await machine.claimOne());
  expect((await machine.post(paths.responder.leave)).status).toBe(200);
  const claim = await machine.post(paths.responder.claim, { slots: 1, wait_s: 0 });
  expect(await codeOf(claim)).toBe("machine_leaving");
  await system.run();
  const next = await system.machine();
  expect(next.launch.launch_id).not.toBe(machine.launch.launch_id);
});

test("a launch is bound to the first key that registers for it", async () => {
  const system = await startSystem();
  await system.run();
  const launch = await system.launched();
  const keys = generateKeyPairSync("ed25519");
  const register = (request: object) => system.call("POST", paths.responder.register, request);

  const bad = registration({ ...launch, registration_token: "guessed" });
  expect(await codeOf(await register(bad))).toBe("registration_refused");
  const unproven = { ...registration(launch), proof: registration(launch).proof };
  expect(await codeOf(await register(unproven))).toBe("registration_refused");
  const newer = { ...registration(launch), protocol: 99 };
  expect(await codeOf(await register(newer))).toBe("protocol_version_wrong");

  expect((await register(registration(launch, { keys }))).status).toBe(200);
  expect(await codeOf(await register(registration(launch)))).toBe("registration_refused");
  expect((await register(registration(launch, { keys }))).status).toBe(200);
});

test("a machine that registers anew loses what it held and its older token", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const launch = await system.launched();
  const keys = generateKeyPairSync("ed25519");
  const before = await system.machine({ launch, keys });
  await before.claimOne();
  const after = await system.machine({ launch, keys });
  await system.until(id, (view) => view.state === "retrying" || view.attempt === 2);
  const renew = await before.post(paths.responder.renew, { runs: [] });
  expect(await codeOf(renew)).toBe("responder_token_wrong");
  expect(await after.claimOne()).toMatchObject({ run: id, attempt: 2 });
});

test("boot progress reaches the runs that wait", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const { launch_id, registration_token } = await system.launched();
  const step = { number: 3, of: 5, name: "install ruby" };
  const report = { launch_id, registration_token, phase: "setting_up", step };
  expect((await system.call("POST", paths.responder.progress, report)).status).toBe(200);
  const view = await system.until(id, ({ waking }) => waking?.phase === "setting_up");
  expect(view.waking).toMatchObject({ step, next: expect.stringContaining("another one") });
});

async function anotherMachine(system: Awaited<ReturnType<typeof startSystem>>) {
  for (let extra = 0; extra < 5; extra++) await system.run(`print(${extra})`);
  return system.machine();
}

test.each<[string, object]>([
  ["a signal's name of 20 MB", { exit_code: null, signal: `SIG${"S".repeat(20_000_000)}` }],
  ["a signal with an escape sequence", { exit_code: null, signal: "\u001b]0;title\u0007" }],
  ["an exit status that no program has", { exit_code: 256 }],
  ["an exit status below zero", { exit_code: -1 }],
  ["an exit status that is no whole number", { exit_code: 0.5 }],
  ["a time before the beginning", { ran_s: -1 }],
])("an attempt does not end with %s", async (_, outcome) => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const work = await machine.claimOne();
  await machine.started(work);
  expect(await codeOf(await machine.finish(work, outcome))).toBe("body_invalid");
  expect((await system.view(id)).state).toBe("running");
  expect((await machine.finish(work)).status).toBe(200);
});
