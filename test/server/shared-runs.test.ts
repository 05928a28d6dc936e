import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { paths } from "../../protocol/paths.ts";
import type { RunCreated } from "../../protocol/run.ts";
import { listen } from "../../server/listen.ts";
import { eventually } from "../eventually.ts";
import { startSystem, type System } from "./system.ts";

const CODE = "print(1)";
const DAY_S = 24 * 3600;
type Answer = RunCreated & { status: number };

/** Asks for one block, whose result may answer for a minute; `send` says by which way. */
async function asking(
  system: System,
  send = (body: object) => system.call("POST", paths.runs, body),
) {
  const iat = Math.floor(Date.now() / 1000) - 2 * DAY_S;
  const block = await system.sign(CODE, { cache_s: 60, iat });
  return async (more: object = {}): Promise<Answer> => {
    const response = await send({ block, code: CODE, ...more });
    return { ...((await response.json()) as RunCreated), status: response.status };
  };
}

test("two hundred at once, over real connections, share one run and then its result", async () => {
  const system = await startSystem();
  const listener = await listen("127.0.0.1", 0, (request) => system.app.fetch(request));
  onTestFinished(() => listener.close());
  const ask = await asking(system, (body) =>
    fetch(`http://127.0.0.1:${listener.port}${paths.runs}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
  const crowd = () => Promise.all(Array.from({ length: 200 }, () => ask()));
  const first = await crowd();
  expect(new Set(first.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(first.map(({ id }) => id)).size).toBe(1);
  expect(new Set(first.map(({ cancel_token: token }) => token)).size).toBe(200);

  const machine = await system.machine();
  const held = await machine.claimOne();
  // While it ends, whoever asks gets it: as one in flight, or as one that is stored.
  const [during] = await Promise.all([crowd(), machine.finish(held)]);
  for (const { id, status, stored } of [...during, ...(await crowd())]) {
    expect({ id, stored: stored?.id }).toEqual({
      id: held.run,
      stored: status === 200 ? id : undefined,
    });
  }
  expect(await machine.claim(1, 0)).toEqual([]);
  const metrics = await (await system.call("GET", "/metrics")).text();
  const counted = metrics.matchAll(/^deferred_requests_shared_total\{.*\} (\d+)$/gm);
  expect([...counted].reduce((sum, [, count]) => sum + Number(count), 0)).toBe(599);
});

test("who joins a run while its last caller leaves gets one that goes on", async () => {
  const system = await startSystem();
  const ask = await asking(system);
  for (let repeat = 0; repeat < 20; repeat++) {
    const first = await ask({ fresh: true });
    const authorization = `Bearer ${first.cancel_token}`;
    const leave = () => system.call("DELETE", paths.run(first.id), undefined, { authorization });
    const calls = repeat % 2 ? [leave(), ask()] : [ask(), leave()];
    const answers = await Promise.all(calls);
    const joined = answers.find((answer): answer is Answer => "run_url" in answer)!;
    expect(joined.status).toBe(202);
    expect((await system.view(joined.id)).state).not.toBe("canceled");
    const rest = { authorization: `Bearer ${joined.cancel_token}` };
    await system.call("DELETE", paths.run(joined.id), undefined, rest);
    expect((await system.view(joined.id)).state).toBe("canceled");
  }
});

test("a result that storage has not taken answers, but is not offered from there", async () => {
  const system = await startSystem();
  const ask = await asking(system);
  const { id, run_url } = await ask();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const blocked = join(system.folder.storage, "objects/results");
  await mkdir(join(blocked, ".."), { recursive: true });
  await writeFile(blocked, "no folder");
  await machine.finish(held);

  expect(await ask()).toMatchObject({ status: 200, id, state: "succeeded", run_url });
  expect((await ask()).stored).toBeUndefined();
  const fresh = await ask({ fresh: true });
  expect(fresh.status).toBe(202);
  expect(fresh.stored).toBeUndefined();
  await rm(blocked);
  const stored = await eventually(async () => (await ask({ fresh: true })).stored);
  expect(stored).toMatchObject({ id });
});

test("a result that a clock which went wrong put into the future answers nobody", async () => {
  const system = await startSystem();
  const ask = await asking(system);
  const right = Date.now();
  const askAt = (now: number) => {
    vi.useFakeTimers({ toFake: ["Date"], now });
    return ask();
  };
  onTestFinished(() => void vi.useRealTimers());
  const first = await askAt(right + DAY_S * 1000);
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  const soon = await askAt(right + (DAY_S + 30) * 1000);
  expect(soon).toMatchObject({ id: first.id, status: 200 });
  // Set back, the clock comes to that moment a day later.
  const second = await askAt(right);
  expect(second.status).toBe(202);
  expect(second.stored).toBeUndefined();
  await machine.finish(await machine.claimOne());
  expect(await askAt(right + 30_000)).toMatchObject({ id: second.id, status: 200 });
  const third = await askAt(right + 61_000);
  expect(third).toMatchObject({ status: 202, stored: { id: second.id } });
});
