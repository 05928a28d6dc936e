import { expect, onTestFinished, test } from "vitest";
import { held } from "../e2e/held.ts";
import { eventually } from "../eventually.ts";
import { follow } from "./follower.ts";
import { startShifted } from "./shifted-system.ts";

/** Lets a process, or by a negative number a group of them, stand still until the test is over. */
function freeze(pid: number): () => void {
  process.kill(pid, "SIGSTOP");
  const thaw = () => {
    try {
      process.kill(pid, "SIGCONT");
    } catch {
      // It has ended.
    }
  };
  onTestFinished(thaw);
  return thaw;
}

test("a machine that stands still past its lease finds its run done by another, and shows nothing more", async () => {
  const system = await startShifted();
  const { line, release } = held();
  const run = await system.run(`echo one; ${line}; echo two\n`);
  const following = follow(run.events_url);
  await system.printed(run.id, "one\n");
  const [late] = await system.responders();
  const thaw = freeze(-late!);
  // Its lease is over, and it is not waited for.
  await system.pass(16_000);
  await system.until(run.id, ({ state }) => state === "retrying");
  await system.pass(12_000);
  await system.until(run.id, ({ state, attempt }) => state === "running" && attempt === 2);
  release();
  const result = await system.result(run);
  expect(result).toMatchObject({ state: "succeeded", attempt: 2, stdout: "one\ntwo\n" });

  thaw();
  await eventually(async () =>
    /attempt interrupted|was dropped/.test(await system.logOf(late!)) ? true : undefined,
  );
  expect(await system.result(run)).toEqual(result);
  const { events, wrong } = await following;
  expect(wrong).toEqual([]);
  expect(events.filter(({ type }) => type === "ended")).toHaveLength(1);
  expect(events.filter(({ type }) => type === "retrying")).toMatchObject([
    { reason: { code: "lease_lapsed" } },
  ]);
  // What it had to say since is in no log: that is as long as it was.
  expect((await follow(run.events_url)).events).toEqual(events);
});
