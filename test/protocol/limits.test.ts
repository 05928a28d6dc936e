import { expect, test } from "vitest";
import { DEFAULT_LIMITS, effectiveLimits, LIMIT_CEILINGS } from "../../protocol/limits.ts";

test("a block that asks for nothing gets the defaults", () => {
  expect(effectiveLimits()).toEqual(DEFAULT_LIMITS);
});

test("the server's ceilings win over what a block asks for", () => {
  const asked = { wall_s: 1e6, memory_mb: 16, network: true };
  const limits = effectiveLimits(asked);
  expect(limits).toEqual({
    ...DEFAULT_LIMITS,
    wall_s: LIMIT_CEILINGS.wall_s,
    memory_mb: 16,
    network: false,
  });
  const ceilings = { ...LIMIT_CEILINGS, network: ["a.example"] };
  expect(effectiveLimits(asked, ceilings).network).toEqual(["a.example"]);
  expect(effectiveLimits({}, ceilings).network).toBe(false);
});
