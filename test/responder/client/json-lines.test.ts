import * as v from "valibot";
import { expect, test } from "vitest";
import { jsonLines } from "../../../responder/client/json-lines.ts";

const Numbered = v.object({ n: v.number() });

test("lines are passed on once they are whole, however they are split, the last one without its end", () => {
  const seen: number[] = [];
  const lines = jsonLines(Numbered, ({ n }) => seen.push(n), 100);
  const parts = ['{"n":1}\n{"n"', ":2", '}\n{"n":3}\n{"n":', "4}"];
  const after = parts.map((part) => {
    lines.take(Buffer.from(part));
    return [...seen];
  });
  expect(after).toEqual([[1], [1], [1, 2, 3], [1, 2, 3]]);
  lines.end();
  lines.end();
  expect(seen).toEqual([1, 2, 3, 4]);
});

test.for([
  ["of the wrong form", '{"n":"1"}\n'],
  ["that is no JSON", "<html>\n"],
  ["that is empty", "\n"],
  ["beyond its bound", "x".repeat(101)],
])("a line %s is refused", ([, text]) => {
  const lines = jsonLines(Numbered, () => {}, 100);
  expect(() => lines.take(Buffer.from(text!))).toThrow(/^a line of the answer /);
});
