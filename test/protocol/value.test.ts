import { expect, test } from "vitest";
import { parseValue } from "../../protocol/value.ts";

test("any JSON is a value", () => {
  expect(parseValue('{"a": [1, "]]]", null]}\n')).toEqual({ value: { a: [1, "]]]", null] } });
  expect(parseValue("null")).toEqual({ value: null });
  expect(parseValue(`${"[".repeat(100)}${"]".repeat(100)}`).problem).toBeUndefined();
  expect(parseValue(JSON.stringify("[".repeat(5_000))).problem).toBeUndefined();
});

test.each([
  ["", /is not JSON/],
  ["NaN", /is not JSON/],
  ["{'a': 1}", /is not JSON/],
  ['"half', /is not JSON/],
  ["1 2", /is not JSON/],
  [`${"[".repeat(101)}${"]".repeat(101)}`, /deeper than 100 levels/],
  ["[".repeat(60_000), /deeper than 100 levels/],
  [`"${"\\".repeat(60_000)}`, /is not JSON/],
])("%.20s is none", (text, problem) => {
  expect(parseValue(text).problem).toMatch(problem);
});
