import { expect, test } from "vitest";
import { burst } from "./delivery-burst.ts";

test("of many deliveries at once each makes its run once, and each branch keeps its order", async () => {
  const options = { deliveries: 40, branches: 3, duplicates: 4, senders: 10, kill: false };
  const figures = await burst(options);
  expect(figures.wrong).toEqual([]);
  expect(figures).toMatchObject({
    sentAgain: 0,
    outcomes: { run: 36, duplicate: 4 },
    states: { succeeded: 36 },
  });
}, 120_000);
