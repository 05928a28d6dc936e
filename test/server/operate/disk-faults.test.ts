import { mkdir, mkdtemp, open, readdir, rm, writeFile, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { paths, storageKeys } from "../../../protocol/paths.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { eventually } from "../../eventually.ts";
import { LARGE_END } from "../played-machine.ts";
import { codeOf, eventsOf, startSystem, type System } from "../system.ts";

/** A data folder that outlives the servers of its test. */
async function dataFolder(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "deferred-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

const said = (system: System, text: string) =>
  eventually(async () =>
    system.logged.some((line) => line.msg.includes(text)) ? true : undefined,
  );

const launches = async (system: System) =>
  (await readdir(system.folder.machines).catch(() => [])).length;

/** Sets the wall clock off by what the returned function is given. */
function movableClock(): (offsetMs: number) => void {
  const real = Date.now;
  let offset = 0;
  const spy = vi.spyOn(Date, "now").mockImplementation(() => real() + offset);
  onTestFinished(() => spy.mockRestore());
  return (offsetMs) => {
    offset = offsetMs;
  };
}

test("a result that can't be stored keeps nobody waiting, and is stored once it can be", async () => {
  const system = await startSystem();
  const { id, result_url } = await system.run();
  const followed = system.call("GET", paths.runEvents(id)).then(eventsOf);
  const machine = await system.machine();
  const held = await machine.claimOne();
  // A file where a folder has to be fails every write, as a full disk does, for root as well.
  await mkdir(system.folder.storage, { recursive: true });
  const blocked = join(system.folder.storage, "objects");
  await writeFile(blocked, "");

  for (let repeat = 0; repeat < 2; repeat++) {
    expect((await machine.finish(held, {}, LARGE_END)).status).toBe(200);
  }
  expect((await followed).at(-1)!.data.type).toBe("ended");
  expect((await system.view(id)).state).toBe("succeeded");
  // However many ask for it, storage is not.
  for (let count = 0; count < 20; count++) await system.view(id);
  const tries = system.logged.filter(({ msg }) => msg.includes("could not be stored"));
  expect(tries.length).toBeLessThan(20);
  const early = await system.call("GET", paths.runResult(id));
  expect(early.headers.get("retry-after")).toBe("5");
  expect(await codeOf(early)).toBe("run_not_finished");

  await rm(blocked);
  const stored = await eventually(async () => {
    const response = await system.app.request(result_url);
    return response.ok ? response : undefined;
  });
  expect(await stored.json()).toMatchObject({ id, state: "succeeded" });
});

test("a storage that refuses is asked less and less often, and told once, and once when it is well again", async () => {
  const system = await startSystem();
  await system.run();
  const machine = await system.machine();
  await machine.finish(await machine.claimOne(), {}, LARGE_END);
  const objects = join(system.folder.storage, "objects");
  await rm(objects, { recursive: true });
  await writeFile(objects, "");
  const ids: string[] = [];
  for (let run = 0; run < 5; run++) {
    const { id } = await system.run(`print(${run})`);
    ids.push(id);
    expect((await machine.finish(await machine.claimOne(), {}, LARGE_END)).status).toBe(200);
  }
  const failures = async () => {
    const metrics = await (await system.call("GET", "/metrics")).text();
    return Number(
      /^deferred_storage_errors_total\{operation="put"\} (\d+)$/m.exec(metrics)?.[1] ?? 0,
    );
  };
  const began = performance.now();
  while (performance.now() - began < 5000) {
    for (const id of ids) await system.view(id);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // At once, after 1, 3 and 7 s, however many runs there are and however many ask.
  expect(await failures()).toBeLessThanOrEqual(6);
  const told = (text: string) => system.logged.filter(({ msg }) => msg.includes(text)).length;
  expect(told("could not be stored")).toBe(1);
  await rm(objects);
  for (const id of ids) {
    await eventually(async () => {
      const response = await system.call("GET", paths.runResult(id));
      return response.status === 302 ? true : undefined;
    });
  }
  expect(told("are stored again")).toBe(1);
  expect(told("could not be stored")).toBe(1);
});

test("whoever hears of a run's end can read its result, however early it asks", async () => {
  const system = await startSystem();
  await system.run();
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  for (let repeat = 0; repeat < 10; repeat++) {
    const { id, result_url } = await system.run(`print(${repeat})`);
    const held = await machine.claimOne();
    const readers = Array.from({ length: 5 }, async () => {
      const events = await eventsOf(await system.call("GET", paths.runEvents(id)));
      expect(events.at(-1)!.data.type).toBe("ended");
      return (await system.app.request(result_url)).status;
    });
    const polled = system
      .until(id, (view) => view.state === "succeeded")
      .then(async () => {
        return (await system.app.request(result_url)).status;
      });
    await machine.finish(held);
    expect(await Promise.all([...readers, polled])).toEqual(Array(6).fill(200));
  }
});

test("nobody is told of an end that is not on the disk yet", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  const disk = Promise.withResolvers<void>();
  const flushing = Promise.withResolvers<void>();
  const file = await open(process.execPath, "r");
  const spy = vi.spyOn(Object.getPrototypeOf(file) as FileHandle, "datasync");
  await file.close();
  onTestFinished(() => spy.mockRestore());
  spy.mockImplementation(() => {
    flushing.resolve();
    return disk.promise;
  });

  const told: string[] = [];
  const finished = machine.finish(held).then(({ status }) => told.push(`finish ${status}`));
  await flushing.promise;
  const viewed = system.view(id).then(({ state }) => told.push(state));
  const followed = system
    .call("GET", paths.runEvents(id))
    .then(eventsOf)
    .then((events) => told.push(events.at(-1)!.data.type));
  for (let others = 0; others < 10; others++) await system.call("GET", paths.runs);
  expect(told).toEqual([]);
  disk.resolve();
  await Promise.all([finished, viewed, followed]);
  expect(told.toSorted()).toEqual(["ended", "finish 200", "succeeded"]);
});

test("what a server had saved and not done when it died is done by the next", async () => {
  const env = { DEFERRED_DATA: await dataFolder() };
  const first = await startSystem(env);
  const ended = await first.run("print(1)");
  const machine = await first.machine();
  await machine.finish(await machine.claimOne());
  await machine.post(paths.responder.leave);
  const waiting = await first.run("print(2)");
  await first.until(waiting.id, (view) => view.state === "waking");
  await first.close();

  // As it stands when the result was not written yet, and compute not asked yet.
  const database = await openSqlite(first.folder.database);
  const key = storageKeys.result(ended.id);
  const removed = database.queries.deleteFrom("documents").where("key", "=", key);
  expect((await removed.executeTakeFirstOrThrow()).numDeletedRows).toBe(1n);
  await database.queries
    .updateTable("runs")
    .set({ result_written: 0 })
    .where("id", "=", ended.id)
    .execute();
  const { launch_id } = await database.queries
    .updateTable("machines")
    .set({
      state: "launching",
      phase: "requested",
      provider_id: null,
      ended_at: null,
    })
    .where("registered_at", "is", null)
    .returning("launch_id")
    .executeTakeFirstOrThrow();
  await database.close();

  const second = await startSystem(env);
  const result = await second.call("GET", paths.runResult(ended.id));
  expect((await second.app.request(result.headers.get("location")!)).status).toBe(200);
  const launch = await second.launched();
  expect(launch.launch_id).toBe(launch_id);
  const next = await second.machine({ launch });
  expect(await next.claimOne()).toMatchObject({ run: waiting.id, attempt: 1 });
});

test("a server that is stopped costs a run that waits no attempt", async () => {
  const env = { DEFERRED_DATA: await dataFolder() };
  const first = await startSystem(env);
  const { id } = await first.run();
  await first.until(id, (view) => view.state === "waking");
  await first.close();

  const second = await startSystem(env);
  expect(await second.view(id)).toMatchObject({ state: "waking", attempt: 0 });
  const machine = await second.machine();
  await machine.finish(await machine.claimOne());
  expect(await second.view(id)).toMatchObject({ state: "succeeded", attempt: 1 });
});

test("a server that is stopped while it launches leaves no machine behind", async () => {
  const system = await startSystem();
  await system.run();
  await system.close();
  expect(await launches(system)).toBe(0);
});

test("launches that fail while another machine works are tried again ever later", async () => {
  const system = await startSystem();
  await system.run();
  const machine = await system.machine({ slots: 1 });
  await machine.claimOne();
  system.responder.command = "/nowhere";
  const { id } = await system.run("print(2)");
  const begun = performance.now();
  // Their folders say less: those of launches that failed are swept before long.
  const woken = () => system.logged.filter(({ msg }) => msg === "waking a machine").length;
  await eventually(async () => (woken() >= 4 ? true : undefined));
  expect(performance.now() - begun).toBeGreaterThan(1400);
  expect((await system.view(id)).state).not.toBe("errored");
});

test("a clock that is set forward ends no lease", async () => {
  const setClock = movableClock();
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  setClock(3_600_000);
  await said(system, "clock has jumped");
  expect((await machine.finish(held)).status).toBe(200);
  expect(await system.view(id)).toMatchObject({ state: "succeeded", attempt: 1 });
});

test("a clock that is set back keeps no run from being tried again", async () => {
  const setClock = movableClock();
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  await machine.finish(held, { cause: "handed_back", exit_code: null });
  setClock(-3_600_000);
  expect(await machine.claimOne()).toMatchObject({ run: id, attempt: 2 });
});
