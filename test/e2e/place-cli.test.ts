import { expect, test } from "vitest";
import { eventually } from "../eventually.ts";
import { startWaiting } from "../systems/project.ts";

test("a run that waits tells its place in line: exec once, ps in its list", async () => {
  const { start, deferred } = await startWaiting();
  expect((await deferred("exec", "--detach", "make")).code).toBe(0);
  const second = start("exec", "make test");
  const said = await eventually(async () =>
    second.output().includes("\n") ? second.output() : undefined,
  );
  expect(said).toBe("note: Number 2 in line.\n");
  const listed = (await deferred("ps")).stdout;
  expect(listed).toMatch(/ (queued|waking) \(2\) .* make test\n.* \(1\) .* make\n$/);
  // A list that is watched says each change in a line.
  const watching = start("ps", "--watch");
  const lines = (wanted: RegExp) =>
    eventually(async () => wanted.test(watching.output()) || undefined);
  await lines(/^\S+Z +\w{26} +(queued|waking) +acme\/app .* make\n.* make test\n$/);
  second.child.kill("SIGINT");
  expect((await second.ended).code).toBe(130);
  await lines(/ make test\n\S+Z +\w{26} +canceled +acme\/app .* make test\n$/);
  watching.child.kill("SIGINT");
  expect((await watching.ended).code).toBe(130);
});

test("where the queue is full, exec says so, and that it tries again", async () => {
  const { start, deferred } = await startWaiting({ DEFERRED_MAX_WAITING_PROJECT: "1" });
  expect((await deferred("exec", "--detach", "make")).code).toBe(0);
  const second = start("exec", "make test");
  await eventually(async () => second.output().includes("trying again in 30 s") || undefined);
  expect(second.output()).toContain("1 runs of this project wait already.");
  second.child.kill("SIGKILL");
});
