import { setImmediate as turnOver } from "node:timers/promises";
import { expect, test } from "vitest";
import { someAtOnce } from "../../../server/fleet/some-at-once.ts";

test("many pieces of work are done some at once, each one time", async () => {
  const done: number[] = [];
  let now = 0;
  let most = 0;
  await someAtOnce(
    Array.from({ length: 100 }, (_, index) => index),
    async (item) => {
      most = Math.max(most, ++now);
      await turnOver();
      now--;
      done.push(item);
    },
  );
  expect(most).toBe(32);
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
});
