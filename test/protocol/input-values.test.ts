import { expect, test } from "vitest";
import type { InputSpec } from "../../protocol/claims.ts";
import { inputFault, inputFaultWords, maxBytesOf } from "../../protocol/input-values.ts";

const integer: InputSpec = { type: "integer", min: 2, max: 9 };
const text: InputSpec = { type: "text", max_length: 20 };

test.each<[InputSpec, string | number | boolean | undefined, string | undefined]>([
  [integer, 5, undefined],
  [integer, 2.5, "it has to be a whole number"],
  [integer, 1, "it has to be 2 or more"],
  [integer, 10, "it has to be 9 or less"],
  [integer, undefined, "it needs a value"],
  [{ type: "number" }, Number.NaN, "it has to be a number"],
  [text, "u".repeat(20), undefined],
  [text, "ü".repeat(10), undefined],
  [text, "ü".repeat(11), "it may have 20 bytes at most"],
  [text, "a\0", "it may not hold NUL"],
  [text, "\ud800", "it may not hold a lone surrogate"],
  [{ type: "choice", values: ["a", "b"] }, "c", "it has to be one of a, b"],
  [{ type: "boolean" }, "yes", "it has to be true or false"],
])("%j does not take %j: %s", (spec, value, words) => {
  const fault = inputFault(spec, value);
  expect(fault && inputFaultWords(fault)).toBe(words);
});

test("no text may be longer than the protocol allows", () => {
  expect(maxBytesOf({ max_length: 1e6 })).toBe(8192);
});
