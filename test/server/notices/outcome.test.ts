import { expect, test } from "vitest";
import { nextTry } from "../../../server/notices/outcome.ts";

const minute = 60_000;
const hour = 60 * minute;

/** The moments of all tries of a notice that always fails. */
function tries(random: number): number[] {
  const moments = [0];
  for (;;) {
    const now = moments.at(-1)!;
    const next = nextTry({ createdAt: 0, tries: moments.length }, undefined, { now, random });
    if (next === null) return moments;
    moments.push(next);
  }
}

test("waits longer and longer between tries, and gives up after two days", () => {
  const moments = tries(0.5);
  expect(moments.slice(0, 5)).toEqual([0, 5000, 35_000, 155_000, 755_000]);
  expect(moments.at(-1)).toBeGreaterThan(36 * hour);
  expect(moments.at(-1)).toBeLessThanOrEqual(48 * hour);
  expect(moments.length).toBe(13);
});

test("spreads tries by a fifth to either side, so that what failed together does not come together", () => {
  expect(tries(0)[1]).toBe(4000);
  expect(tries(1)[1]).toBe(6000);
});

test("waits as long as the other side asks for, up to a day", () => {
  const at = (afterMs: number) =>
    nextTry({ createdAt: 0, tries: 1 }, afterMs, { now: 0, random: 0.5 });
  expect(at(2 * minute)).toBe(2 * minute);
  expect(at(1000)).toBe(5000);
  expect(at(1000 * hour)).toBe(24 * hour);
});
