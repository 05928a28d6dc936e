import { expect, test } from "vitest";
import { paths } from "../../../protocol/paths.ts";
import { eventsOf, startSystem } from "../system.ts";

test("a follower gets each event once, whenever it comes and wherever it resumes", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const whole = system.call("GET", paths.runEvents(id)).then(eventsOf);
  const machine = await system.machine();
  const held = await machine.claimOne();
  for (let seq = 1; seq <= 20; seq++) {
    await machine.output(held, seq, { stream: "stdout", text: `${seq}\n` });
  }
  await machine.finish(held);
  const events = await whole;
  expect(events.map((event) => event.data.id)).toEqual(events.map((_, index) => index + 1));

  for (const after of [0, 1, 7, events.length - 1]) {
    const headers = { "last-event-id": String(after) };
    const rest = await eventsOf(await system.call("GET", paths.runEvents(id), undefined, headers));
    expect(rest).toEqual(events.slice(after));
  }
});

test("a follower who has seen the end is told that nothing more comes", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  const { last_event } = await system.view(id);
  const headers = { "last-event-id": String(last_event) };
  const response = await system.call("GET", paths.runEvents(id), undefined, headers);
  expect(response.status).toBe(204);
  const many = await system.call("GET", `${paths.events}?runs=${id}:${last_event}`);
  expect(many.status).toBe(204);
});

test("one connection follows many runs and resumes all of them from one id", async () => {
  const system = await startSystem();
  const runs = [await system.run("print(1)"), await system.run("print(2)")];
  const list = runs.map((run) => `${run.id}:0`).join(",");
  const followed = system.call("GET", `${paths.events}?runs=${list}`).then(eventsOf);
  const machine = await system.machine();
  for (const held of [await machine.claimOne(), await machine.claimOne()]) {
    await machine.output(held, 1, { stream: "stdout", text: held.run });
    await machine.finish(held);
  }
  const events = await followed;
  for (const { id } of runs) {
    const own = events.filter((event) => event.data.run === id).map((event) => event.data);
    expect(own.map((event) => event.id)).toEqual(own.map((_, index) => index + 1));
    expect(own.at(-1)!.type).toBe("ended");
    expect(own.find((event) => event.type === "output")).toMatchObject({ text: id });
  }
  for (const cut of [0, 3, events.length - 2]) {
    const headers = { "last-event-id": events[cut]!.id };
    const path = `${paths.events}?runs=${list}`;
    const rest = await eventsOf(await system.call("GET", path, undefined, headers));
    const byRun = (list: typeof events) =>
      runs.map(({ id }) =>
        list.filter((event) => event.data.run === id).map((event) => event.data),
      );
    expect(byRun(rest)).toEqual(byRun(events.slice(cut + 1)));
  }
});

test("runs that are not there do not keep the others from being followed", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  const response = await system.call("GET", `${paths.events}?runs=gone:0,${id}:0`);
  expect((await eventsOf(response)).at(-1)!.data).toMatchObject({ run: id, type: "ended" });
});

test("a reader who goes away is not followed any more", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const response = await system.call("GET", paths.runEvents(id));
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  const machine = await system.machine();
  await machine.finish(await machine.claimOne());
  expect((await system.view(id)).state).toBe("succeeded");
});
