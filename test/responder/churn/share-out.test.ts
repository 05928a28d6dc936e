import fc from "fast-check";
import { expect, test } from "vitest";
import { shareOut } from "../../../responder/churn/share-out.ts";

test("whatever pace takers have, each thing is taken once and nobody stops while there is more", () => {
  const turns = fc.infiniteStream(fc.nat());
  const takers = fc.integer({ min: 1, max: 5 });
  const portion = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(fc.nat(300), takers, portion, turns, (length, takers, portion, order) => {
      const all = Array.from({ length }, (_, index) => index);
      const asking = shareOut(all, takers, portion);
      const taken: number[] = [];
      while (asking.length > 0) {
        const turn = order.next().value! % asking.length;
        const got = asking[turn]!();
        expect(got.length).toBeLessThanOrEqual(portion);
        taken.push(...got);
        if (got.length > 0) continue;
        asking.splice(turn, 1);
        expect(taken.length).toBe(length);
      }
      expect(taken.toSorted((a, b) => a - b)).toEqual(all);
    }),
  );
});

test("a taker who is done takes half of what is left of the longest stretch, from its end", () => {
  const [fast, slow] = shareOut([...Array(20).keys()], 2, 5);
  expect([fast!(), fast!()]).toEqual([
    [0, 1, 2, 3, 4],
    [5, 6, 7, 8, 9],
  ]);
  expect(fast!()).toEqual([15, 16, 17, 18, 19]);
  expect(slow!()).toEqual([10, 11, 12, 13, 14]);
  expect([fast!(), slow!()]).toEqual([[], []]);
});
