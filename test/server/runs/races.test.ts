import { generateKeyPairSync } from "node:crypto";
import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { MAX_BATCH_CHUNKS } from "../../../protocol/sizes.ts";
import { registration } from "../played-machine.ts";
import { codeOf, eventsOf, startSystem } from "../system.ts";

test("of two keys that register for one launch at once, one is bound and the other refused", async () => {
  const system = await startSystem();
  await system.run();
  const launch = await system.launched();
  const register = () => system.call("POST", paths.responder.register, registration(launch));
  const answers = await Promise.all([register(), register(), register()]);
  expect(answers.map((answer) => `${answer.status}`).toSorted()).toEqual(["200", "403", "403"]);
});

test("claims at the same time share the runs between them, each run once", async () => {
  const system = await startSystem();
  const runs = [];
  for (let count = 0; count < 6; count++) runs.push(await system.run(`print(${count})`));
  const machines = [await system.machine(), await system.machine()];
  const claims = await Promise.all(
    [...machines, ...machines].map((machine) => machine.claim(2, 0)),
  );
  const claimed = claims.flat().map((assignment) => assignment.run);
  expect(claimed.toSorted()).toEqual(runs.map((run) => run.id).toSorted());
});

test("a claim that waits gets nothing once its machine has left", async () => {
  const system = await startSystem();
  await system.run();
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  const waiting = machine.post(paths.responder.claim, { slots: 1, wait_s: 20 });
  expect((await machine.post(paths.responder.leave)).status).toBe(200);
  const { id } = await system.run();
  expect(await codeOf(await waiting)).toBe("machine_leaving");
  const next = await system.machine();
  expect(await next.claimOne()).toMatchObject({ run: id, attempt: 1 });
});

test("a machine that is leaving may not register again", async () => {
  const system = await startSystem();
  await system.run();
  const launch = await system.launched();
  const keys = generateKeyPairSync("ed25519");
  const machine = await system.machine({ launch, keys });
  await machine.finish(await machine.claimOne());
  await machine.post(paths.responder.leave);
  const again = system.call("POST", paths.responder.register, registration(launch, { keys }));
  expect(await codeOf(await again)).toBe("machine_leaving");
});

test("a finish that claims as well is taken, whether or not the machine may still claim", async () => {
  const system = await startSystem();
  const { id } = await system.run("print(1)");
  const machine = await system.machine();
  const held = await machine.claimOne();
  await system.killMachine(machine.launch.launch_id);
  // Whichever is first, the attempt ends once: by its finish, or as lost.
  const finished = await machine.finish(held, {}, { claim: 1 });
  const { state } = await system.until(id, (view) => view.state !== "running");
  expect(finished.status === 200).toBe(state === "succeeded");
});

test("cancel and finish at the same time end a run once", async () => {
  const system = await startSystem();
  await system.run();
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  for (let repeat = 0; repeat < 10; repeat++) {
    const { id, cancel_token } = await system.run(`print(${repeat})`);
    const held = await machine.claimOne();
    const cancel = () =>
      system.call("DELETE", paths.run(id), undefined, { authorization: `Bearer ${cancel_token}` });
    const calls = [() => machine.finish(held), cancel];
    if (repeat % 2) calls.reverse();
    await Promise.all(calls.map((call) => call()));
    const events = await eventsOf(await system.call("GET", paths.runEvents(id)));
    expect(events.filter((event) => event.data.type === "ended")).toHaveLength(1);
    const result = await system.call("GET", paths.runResult(id));
    const stored = await system.app.request(result.headers.get("location")!);
    expect(await stored.json()).toMatchObject({ state: (await system.view(id)).state });
  }
});

test("an attempt that was lost is not finished by the machine that lost it", async () => {
  const system = await startSystem();
  const { id } = await system.run("print(1)", { retry: "never" });
  const launch = await system.launched();
  const keys = generateKeyPairSync("ed25519");
  const before = await system.machine({ launch, keys });
  const held = await before.claimOne();
  await before.started(held);
  const after = await system.machine({ launch, keys });
  expect((await system.view(id)).state).toBe("errored");
  expect(await codeOf(await after.finish(held))).toBe("attempt_over");
});

test("many hints at once wake one machine", async () => {
  const system = await startSystem();
  const block = await system.sign("print(1)", { origins: ["https://blog.example"] });
  const headers = { origin: "https://blog.example" };
  const hint = () => system.call("POST", paths.wake, { block }, headers);
  const answers = await Promise.all(Array.from({ length: 20 }, hint));
  for (const answer of answers) expect(await answer.json()).toEqual({ state: "waking" });
  await system.machine();
  expect(await readdir(system.folder.machines)).toHaveLength(1);
  expect(await (await hint()).json()).toEqual({ state: "ready" });
});

test("output in more chunks than one statement takes is stored whole", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const chunks = Array.from({ length: MAX_BATCH_CHUNKS }, (_, index) => ({
    stream: "stdout" as const,
    text: `${index}\n`,
  }));
  expect((await machine.output(held, 1, ...chunks)).status).toBe(200);
  await machine.finish(held);
  const events = await eventsOf(await system.call("GET", paths.runEvents(id)));
  expect(events.filter((event) => event.data.type === "output")).toHaveLength(MAX_BATCH_CHUNKS);
});

test("a machine that does not cut output fills no disk: it is refused, and what ended before stands", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const text = "x".repeat(3 * 2 ** 20);
  const statuses = [];
  for (let seq = 1; seq <= 6; seq++) {
    statuses.push((await machine.output(held, seq, { stream: "stdout", text })).status);
  }
  // As many bytes as a block may ever print, each a piece of its own, are fewer than these.
  expect(statuses).toEqual([200, 200, 200, 200, 200, 413]);
  expect((await machine.finish(held)).status).toBe(200);
  expect((await system.view(id)).state).toBe("succeeded");
});

test("a finish whose output has a gap before it is refused, and loses nothing", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const output = { seq: 2, chunks: [{ stream: "stdout", text: "late" }] };
  expect(await codeOf(await machine.finish(held, {}, { output }))).toBe("body_invalid");
  expect((await system.view(id)).state).toBe("running");
});

test.for([
  ["that leaves its folder", ["../x"]],
  ["of a lone surrogate", ["\ud800"]],
  ["with a line end", ["a\nb"]],
  ["longer than storage takes", ["é".repeat(200)]],
  ["twice", ["a", "a"]],
  ["of a file and of a folder", ["a", "a/b"]],
] as const)("artifacts with a name %s are refused", async ([, names]) => {
  const system = await startSystem();
  await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const artifacts = names.map((name) => ({
    name,
    type: "text/plain",
    size: 1,
    sha256: "0".repeat(64),
  }));
  const body = { attempt: held.attempt, artifacts };
  const announced = await machine.post(paths.responder.artifacts(held.run), body);
  expect(await codeOf(announced)).toBe("body_invalid");
  expect(await codeOf(await machine.finish(held, {}, { artifacts }))).toBe("body_invalid");
});
