import { expect, test } from "vitest";
import { createBudget } from "../../../../server/http/bodies/budget.ts";

function stage() {
  const refused: string[] = [];
  const budget = createBudget({
    ...{ most: 100, maxOfCaller: 50, refused: (limit: string) => refused.push(limit) },
  });
  return { budget, refused };
}

test("what is taken is there again once it is given back", () => {
  const { budget, refused } = stage();
  const one = budget.share(undefined);
  one.take(60);
  one.take(40);
  const other = budget.share(undefined);
  expect(() => other.take(1)).toThrow(expect.objectContaining({ code: "overloaded" }) as Error);
  expect(refused).toEqual(["bodies"]);
  expect(budget.held).toBe(100);
  one.giveBack();
  one.giveBack();
  other.take(100);
  other.giveBack();
  expect(budget.held).toBe(0);
});

test("one address has half of it, whatever it holds by several requests", () => {
  const { budget } = stage();
  const [one, two] = [budget.share("a"), budget.share("a")];
  one.take(30);
  two.take(20);
  expect(() => two.take(1)).toThrow(/all the room/);
  const other = budget.share("b");
  other.take(50);
  one.giveBack();
  two.take(30);
  expect(budget.held).toBe(100);
  for (const share of [two, other]) share.giveBack();
  expect(budget.held).toBe(0);
});
