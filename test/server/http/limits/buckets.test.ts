import fc from "fast-check";
import { expect, test } from "vitest";
import { createBuckets } from "../../../../server/http/limits/buckets.ts";
import { callerOf } from "../../../../server/http/requests/address.ts";

test("a key gets its minute's worth at once, then one after another", () => {
  let at = 0;
  const buckets = createBuckets({ tokens: 3, steady: () => at });
  expect([1, 2, 3, 4].map(() => buckets.take("a"))).toEqual([0, 0, 0, 20]);
  expect(buckets.take("b")).toBe(0);
  at += 20_000;
  expect([buckets.take("a"), buckets.take("a")]).toEqual([0, 20]);
});

test("whoever is refused is not set back by asking", () => {
  let at = 0;
  const buckets = createBuckets({ tokens: 1, steady: () => at });
  buckets.take("a");
  for (let second = 0; second < 59; second++) {
    at += 1000;
    expect(buckets.take("a")).toBe(59 - second);
  }
  at += 1000;
  expect(buckets.take("a")).toBe(0);
});

test("in any minute a key gets at most twice its worth, whenever it asks", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { maxLength: 400 }), (pauses) => {
      let at = 0;
      const buckets = createBuckets({ tokens: 10, steady: () => at });
      const taken: number[] = [];
      for (const pause of pauses) {
        at += pause;
        if (buckets.take("a") === 0) taken.push(at);
      }
      for (const [index, time] of taken.entries()) {
        const within = taken.slice(index).filter((other) => other < time + 60_000);
        expect(within.length).toBeLessThanOrEqual(20);
      }
    }),
  );
});

test("it remembers so many keys and no more", () => {
  const buckets = createBuckets({ tokens: 1, steady: () => 0, most: 100 });
  for (let key = 0; key < 10_000; key++) buckets.take(String(key));
  expect(buckets.size).toBe(100);
  expect(buckets.take("9999")).toBeGreaterThan(0);
});

test("nothing bounds what has no limit", () => {
  const buckets = createBuckets({ tokens: 0, steady: () => 0 });
  expect(Array.from({ length: 1000 }, () => buckets.take("a")).every((wait) => wait === 0)).toBe(
    true,
  );
  expect(buckets.size).toBe(0);
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "20010db800010002::/64"],
  ["2001:db8:1:2::1", "20010db800010002::/64"],
  ["127.0.0.1", undefined],
  ["::ffff:127.0.0.1", undefined],
  ["::1", undefined],
  ["nonsense", undefined],
  [undefined, undefined],
])("a limit by address takes %s for %s", (address, caller) => {
  expect(callerOf(address)).toBe(caller);
});
