import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { atMostEvery } from "../../../server/fleet/at-most-every.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the first call works at once, those soon after it once and together, and a later one at once again", () => {
  let works = 0;
  const call = atMostEvery(100, () => void works++);
  call();
  expect(works).toBe(1);
  for (let calls = 0; calls < 50; calls++) call();
  expect(works).toBe(1);
  vi.advanceTimersByTime(100);
  expect(works).toBe(2);
  call();
  vi.advanceTimersByTime(100);
  expect(works).toBe(3);
  vi.advanceTimersByTime(1000);
  expect(works).toBe(3);
  call();
  expect(works).toBe(4);
});
