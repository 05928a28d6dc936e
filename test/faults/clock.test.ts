import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { held } from "../e2e/held.ts";
import { follow } from "./follower.ts";
import { startShifted } from "./shifted-system.ts";

const HOUR = 3_600_000;

test.for<[string, number]>([
  ["forward", 6 * HOUR],
  ["back", -6 * HOUR],
])(
  "a clock that is set %s by hours, with runs in every state, costs none of them anything",
  async ([, ms]) => {
    const system = await startShifted();
    const { line, release } = held();
    const running = await system.run(`echo begun; ${line}; echo done\n`, { retry: "never" });
    await system.printed(running.id, "begun\n");
    // With every slot taken the next one wakes another machine.
    const slots = Math.max(4, 2 * availableParallelism());
    const taking = [];
    for (let taken = 1; taken < slots; taken++) taking.push(await system.run(`${line}\n`));
    const waiting = await system.run("echo waited\n");
    const following = [running, waiting, ...taking].map(({ events_url }) => follow(events_url));

    await system.jump(ms);
    await system.said("the clock has jumped");
    release();
    expect(await system.result(waiting)).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(await system.result(running)).toMatchObject({
      ...{ state: "succeeded", attempt: 1, stdout: "begun\ndone\n" },
    });
    for (const { events, wrong } of await Promise.all(following)) {
      expect(wrong).toEqual([]);
      expect(events.filter(({ type }) => type === "retrying")).toEqual([]);
      expect(events.at(-1)).toMatchObject({ type: "ended", state: "succeeded" });
    }
    // Back as it was: machines are there still, and take what comes.
    await system.jump(-ms);
    const iat = Math.floor((Date.now() - 12 * HOUR) / 1000);
    const next = await system.run("echo next\n", { iat });
    expect(await system.result(next)).toMatchObject({ state: "succeeded", stdout: "next\n" });
  },
);

test("a clock that is set back by hours while a run is to be tried again makes it wait no longer", async () => {
  const system = await startShifted();
  const { line, release } = held();
  const run = await system.run(`echo one; ${line}; echo two\n`);
  await system.printed(run.id, "one\n");
  for (const pid of await system.machines()) system.killMachine(pid);
  await system.jump(-6 * HOUR);
  await system.said("the clock has jumped");
  release();
  expect(await system.result(run)).toMatchObject({
    ...{ state: "succeeded", attempt: 2, stdout: "one\ntwo\n" },
  });
});
