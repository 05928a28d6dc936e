import { expect, test } from "vitest";
import { costOfShapes, tooLong } from "./shapes.ts";

test(
  "the largest request of any shape, to whatever anybody may call, takes the server no longer than a plain one",
  { timeout: 300_000 },
  async () => {
    const costs = await costOfShapes();
    expect(costs.filter(tooLong)).toEqual([]);
    expect(costs.filter(({ status }) => status >= 500)).toEqual([]);
    // It got past the first doors: much was taken, and refused for what it holds.
    const refused = (status: number) => costs.filter((cost) => cost.status === status).length;
    for (const status of [200, 401, 403, 413, 422]) expect(refused(status)).toBeGreaterThan(10);
  },
);
