import { expect, test } from "vitest";
import { commitState } from "../../../server/commands/reading/commit-state.ts";

test("a commit fares as its last push says, whatever somebody had run there since", () => {
  const asked = { state: "failed", trigger: "exec" } as const;
  const pushed = { state: "succeeded", trigger: "push" } as const;
  const replayed = { state: "timed_out", trigger: "replay" } as const;
  expect(commitState([asked, pushed])).toBe("succeeded");
  expect(commitState([asked, replayed, pushed])).toBe("timed_out");
  expect(commitState([asked])).toBe("failed");
  expect(commitState([])).toBeNull();
});
