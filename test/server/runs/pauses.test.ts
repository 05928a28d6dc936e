import { expect, test } from "vitest";
import { createPauses } from "../../../server/runs/pauses.ts";

function stage() {
  const clock = { at: 0 };
  const pauses = createPauses({ steady: () => clock.at });
  /** Milliseconds until it may be tried again. */
  const pause = (name: string) => {
    const from = clock.at;
    while (pauses.isOn(name)) clock.at += 500;
    return clock.at - from;
  };
  return { clock, pauses, pause };
}

test("what failed once is tried at once, then each pause is twice as long as the one before, up to a minute", () => {
  const { pauses, pause } = stage();
  const taken = Array.from({ length: 9 }, () => {
    pauses.failed("s", new Error("no"));
    return pause("s") / 1000;
  });
  expect(taken).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60]);
  expect(pauses.over("s")).toBe(9);
  expect(pauses.over("s")).toBe(0);
  pauses.failed("s", new Error("no"));
  expect(pause("s")).toBe(0);
});

test("many that fail at one time failed once", () => {
  const { pauses, pause } = stage();
  for (let one = 0; one < 50; one++) pauses.failed("s", new Error("no"));
  // The first of them is tried again at once.
  expect(pause("s")).toBe(1000);
  pauses.failed("s", new Error("no"));
  expect(pause("s")).toBe(2000);
});

test("it is news when it begins and when it changes, not which run, file or request it was about", () => {
  const { pauses, pause } = stage();
  const failing = (message: string) => {
    pause("s");
    return pauses.failed("s", new Error(message));
  };
  expect(failing("ENOSPC: no space, mkdir '/d/0svsvkj455qb7dkmzwnw6esn.12'")).toBe(true);
  expect(failing("ENOSPC: no space, mkdir '/d/7xqsvkj455qb7dkmzwnw6esn.3'")).toBe(false);
  expect(failing("EROFS: read-only, mkdir '/d/7xqsvkj455qb7dkmzwnw6esn.3'")).toBe(true);
  pauses.over("s");
  expect(failing("EROFS: read-only, mkdir '/d/7xqsvkj455qb7dkmzwnw6esn.3'")).toBe(true);
});

test("what is kept of them is bounded", () => {
  const { pauses } = stage();
  for (let run = 0; run < 5000; run++) {
    for (let time = 0; time < 2; time++) pauses.failed(`r${run}`, new Error("no"));
  }
  expect(pauses.isOn("r4999")).toBe(true);
  expect(pauses.isOn("r0")).toBe(false);
});
