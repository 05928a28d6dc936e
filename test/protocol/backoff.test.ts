import { describe, expect, test } from "vitest";
import { backoffMs, retryWithBackoff } from "../../protocol/backoff.ts";

const BACKOFF = { firstMs: 100, maxMs: 5_000 };

test("the delay doubles up to its ceiling", () => {
  expect([1, 2, 3, 6, 7, 2000].map((failures) => backoffMs(failures, BACKOFF))).toEqual([
    100, 200, 400, 3200, 5000, 5000,
  ]);
});

test("jitter takes up to half of it away", () => {
  expect([0, 0.5].map((random) => backoffMs(2, BACKOFF, random))).toEqual([100, 150]);
});

describe("retryWithBackoff", () => {
  const failing = (times: number) => {
    let calls = 0;
    return async () => {
      if (++calls <= times) throw new Error(`failure ${calls}`);
      return calls;
    };
  };
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);

  test("repeats a call until it resolves", async () => {
    waits.length = 0;
    const options = { ...BACKOFF, random: () => 0.5, sleep };
    const delayMs = (_: unknown, ms: number) => ms;
    await expect(retryWithBackoff(failing(3), { ...options, delayMs })).resolves.toBe(4);
    expect(waits).toEqual([75, 150, 300]);
  });

  test("throws the failure that its caller gives up at", async () => {
    const delayMs = (_: unknown, ms: number, failures: number) => (failures < 2 ? ms : undefined);
    await expect(retryWithBackoff(failing(9), { ...BACKOFF, sleep, delayMs })).rejects.toThrow(
      "failure 2",
    );
  });

  test("an abort ends the wait with its reason", async () => {
    const controller = new AbortController();
    const retrying = retryWithBackoff(failing(9), {
      ...BACKOFF,
      signal: controller.signal,
      delayMs: () => 1e6,
    });
    controller.abort(new Error("stop"));
    await expect(retrying).rejects.toThrow("stop");
  });
});
