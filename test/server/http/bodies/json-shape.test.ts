import fc from "fast-check";
import { expect, test } from "vitest";
import { beyondShape } from "../../../../server/http/bodies/json-shape.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const loose = { depth: 1000, values: 1_000_000 };

/** As `beyondShape` counts: members and elements, and what they are in. */
function shapeOf(value: unknown): { depth: number; values: number } {
  if (typeof value !== "object" || value === null) return { depth: 0, values: 0 };
  const inside = Object.values(value).map(shapeOf);
  return {
    depth: 1 + Math.max(0, ...inside.map(({ depth }) => depth)),
    values: Math.max(1, inside.length) + inside.reduce((sum, { values }) => sum + values, 0),
  };
}

test("any JSON is within its own shape and beyond a smaller one, whatever its strings hold", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.boolean(), (text, pretty) => {
      const value: unknown = JSON.parse(text);
      const json = bytes(pretty ? JSON.stringify(value, null, 2) : text);
      const { depth, values } = shapeOf(value);
      expect(beyondShape(json, { depth, values })).toBeUndefined();
      if (depth === 0) return;
      expect(beyondShape(json, { ...loose, depth: depth - 1 })).toMatch(/levels deep/);
      expect(beyondShape(json, { ...loose, values: values - 1 })).toMatch(/more than \d+ values/);
    }),
  );
});

test.each(['["[[[["]', '["\\"[[[,,,"]', '["\\\\"]', '{"a\\u0022[":"{"}', '["\\\\\\"[["]'])(
  "brackets and commas in strings count for nothing: %s",
  (text) => {
    JSON.parse(text);
    expect(beyondShape(bytes(text), { depth: 1, values: 1 })).toBeUndefined();
  },
);

test.each(['"', '"\\', '["a', "]]]]", '{"a":"\\"'])("%s is looked through to its end", (text) => {
  expect(beyondShape(bytes(text), loose)).toBeUndefined();
});
