import { expect, test } from "vitest";
import { deferred } from "./deferred.ts";

test.each([
  // Commands elsewhere take it for seconds; somebody who writes it here means days.
  ["90", "It needs a unit, such as 12h or 90d"],
  ["0d", "It has to be a time of a second or more"],
  ["-1h", "It has to be a time of a second or more"],
  ["1e9d", "It has to be a time of a second or more"],
  ["59s", "A token lives from a minute to 366 days"],
  ["367d", "A token lives from a minute to 366 days"],
  [`${"9".repeat(400)}d`, "A token lives from a minute to 366 days"],
])("a token that expires in %j is refused before the server is asked", async (time, why) => {
  const args = ["tokens", "new", "--scope", "read", "--expires", time];
  const { code, stdout, stderr } = await deferred(args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(why);
});
