import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { shareCompiled } from "../compiled.ts";
import { held } from "../e2e/held.ts";
import { processesWhere, processesWith } from "../e2e/processes.ts";
import { eventually } from "../eventually.ts";
import { startFaulty } from "./faulty-system.ts";
import { follow } from "./follower.ts";

async function started(env: Record<string, string> = {}) {
  const data = await mkdtemp(join(tmpdir(), "deferred-kills-"));
  shareCompiled(data);
  const system = await startFaulty(data, env);
  onTestFinished(async () => {
    await system.clear();
    await rm(data, { recursive: true, force: true });
  });
  return system;
}

/** The process of a sandboxed program that has `name` in its command line, by the host's own count. */
async function programOf(name: string): Promise<number> {
  const found = () => processesWhere((command) => command.startsWith(`${name}\0`))[0];
  return eventually(async () => found());
}

test("a server killed with runs in every state brings each to its right end, told once to who follows", async () => {
  const system = await started();
  const ended = await system.run("echo over\n");
  await system.result(ended);
  const retried = await system.run("echo tried; sleep 2; echo again\n");
  await system.printed(retried.id, "tried\n");
  for (const pid of await system.machines()) system.killMachine(pid);
  await system.until(retried.id, ({ state, attempt }) => state !== "running" || attempt > 1);
  const running = await system.run("for i in 1 2 3 4 5 6; do echo $i; sleep 0.3; done\n");
  const once = await system.run("echo begun; sleep 2; echo done\n", { retry: "never" });
  const following = [ended, retried, running, once].map(({ events_url }) => follow(events_url));
  await system.printed(running.id, "2\n");
  await system.printed(once.id, "begun\n");
  // With every slot taken the next one waits for a machine.
  const slots = Math.max(4, 2 * availableParallelism());
  for (let taken = 3; taken < slots; taken++) await system.run("sleep 2\n");
  const waiting = await system.run("echo waited\n");
  await system.kill();
  await system.loseResult(ended.id);
  await system.start();
  following.push(follow(waiting.events_url));

  expect(await system.result(ended)).toMatchObject({ state: "succeeded", stdout: "over\n" });
  expect(await system.result(retried)).toMatchObject({
    ...{ state: "succeeded", attempt: 2, stdout: "tried\nagain\n" },
  });
  expect(await system.result(running)).toMatchObject({
    ...{ state: "succeeded", attempt: 1, stdout: "1\n2\n3\n4\n5\n6\n" },
  });
  expect(await system.result(once)).toMatchObject({
    ...{ state: "succeeded", attempt: 1, stdout: "begun\ndone\n" },
  });
  expect(await system.result(waiting)).toMatchObject({ state: "succeeded", stdout: "waited\n" });
  for (const { events, wrong } of await Promise.all(following)) {
    expect(wrong).toEqual([]);
    expect(events.filter(({ type }) => type === "ended")).toHaveLength(1);
  }
});

test("a server killed between a claim on record and its answer gives the run anew when it is back", async () => {
  const preload = join(import.meta.dirname, "../fixtures/die-at-claim.ts");
  const folder = await mkdtemp(join(tmpdir(), "deferred-dying-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const died = join(folder, "died");
  const system = await started({ NODE_OPTIONS: `--import=${preload}`, DIES_ONCE: died });
  const run = await system.run("echo done\n");
  const following = follow(run.events_url);
  await system.died();
  expect(await readFile(died, "utf8")).toContain(run.id);
  await system.start();
  expect(await system.result(run)).toMatchObject({
    ...{ state: "succeeded", attempt: 2, stdout: "done\n" },
  });
  const { events, wrong } = await following;
  expect(wrong).toEqual([]);
  // Not by its lease, for which it would wait 15 s.
  expect(events.filter(({ type }) => type === "retrying")).toMatchObject([
    { reason: { code: "not_heard" }, max_attempts: 4 },
  ]);
});

test("a responder killed costs an attempt; a program that may not run twice ends with what it had printed", async () => {
  const system = await started();
  const once = await system.run("echo begun; sleep 60\n", { retry: "never" });
  await system.printed(once.id, "begun\n");
  const again = await system.run("echo one; sleep 2; echo two\n");
  const followed = follow(again.events_url);
  await system.printed(again.id, "one\n");
  for (const pid of await system.machines()) system.killMachine(pid);
  expect(await system.result(once)).toMatchObject({
    ...{ state: "errored", attempt: 1, stdout: "begun\n" },
    reason: { code: "not_repeatable" },
  });
  expect(await system.result(again)).toMatchObject({
    ...{ state: "succeeded", attempt: 2, stdout: "one\ntwo\n" },
  });
  const { events, wrong } = await followed;
  expect(wrong).toEqual([]);
  expect(events.map(({ type }) => type)).toContain("retrying");
});

test("a program killed from outside ends its run with that status, one that stands still by its time limit", async () => {
  const system = await started();
  const still = `still-${process.pid}`;
  const stops = `echo begun; exec -a ${still} bash -c 'kill -STOP $$; echo done'\n`;
  const stopped = await system.run(stops, { limits: { wall_s: 2 } });
  const name = `killed-${process.pid}`;
  const run = await system.run(`echo begun; exec -a ${name} sleep 60\n`);
  await system.printed(run.id, "begun\n");
  process.kill(await programOf(name), "SIGKILL");
  expect(await system.result(run)).toMatchObject({
    ...{ state: "failed", attempt: 1, stdout: "begun\n", exit_code: 137 },
  });
  expect(await system.result(stopped)).toMatchObject({
    ...{ state: "timed_out", attempt: 1, stdout: "begun\n" },
  });
  expect(processesWith(`${still}\0`)).toBe(0);
});

test("a lease that lapses while the program runs ends it there, and no second result comes of it", async () => {
  const system = await started();
  const { line, release } = held();
  const run = await system.run(`echo one; ${line}; echo two\n`);
  await system.printed(run.id, "one\n");
  await system.kill();
  // As it is after a server that was away for longer than the lease.
  await system.changeRun(run.id, { lease_until: 0 });
  await system.start();
  const [launch] = await readdir(system.folder.machines);
  const log = join(system.folder.machines, launch!, "responder.log");
  await eventually(async () =>
    /attempt interrupted|was dropped/.test(await readFile(log, "utf8")) ? true : undefined,
  );
  release();
  const result = await system.result(run);
  expect(result).toMatchObject({ state: "succeeded", attempt: 2, stdout: "one\ntwo\n" });
  expect(await system.result(run)).toEqual(result);
  const { events, wrong } = await follow(run.events_url);
  expect(wrong).toEqual([]);
  expect(events.filter(({ type }) => type === "ended")).toHaveLength(1);
});
