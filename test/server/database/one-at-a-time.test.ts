import { expect, test } from "vitest";
import { oneAtATime } from "../../../server/database/one-at-a-time.ts";

test("never does it twice at once, also where a call comes just as one is over and the next is to begin", async () => {
  let underWay = 0;
  let most = 0;
  const run = oneAtATime(async () => {
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay--;
  });
  // A call at each of the moments that there are around the end of one and the beginning of the next.
  for (let moments = 0; moments < 12; moments++) {
    const calls = [run(), run()];
    for (let moment = 0; moment < moments; moment++) await Promise.resolve();
    calls.push(run());
    await Promise.all(calls);
    await run.idle();
    expect(underWay).toBe(0);
  }
  expect(most).toBe(1);
});
