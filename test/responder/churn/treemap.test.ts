import { expect, test } from "vitest";
import { treemap, type Rectangle } from "../../../responder/churn/treemap.ts";

const WITHIN = { x: 0, y: 0, width: 960, height: 480 };
const overlap = (a: Rectangle, b: Rectangle) =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

test.each([
  ["one", [7]],
  ["equal", Array.from({ length: 17 }, () => 3)],
  ["steep", Array.from({ length: 30 }, (_, index) => 1e6 / 2 ** index)],
  ["many", Array.from({ length: 120 }, (_, index) => 1000 / (index + 1))],
])("areas are as their weights, side by side (%s)", (_, weights) => {
  const areas = treemap(weights, WITHIN);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  expect(areas).toHaveLength(weights.length);
  for (const [index, { width, height }] of areas.entries()) {
    expect(width * height).toBeCloseTo((960 * 480 * weights[index]!) / total, 3);
  }
  const pairs = areas.flatMap((a, index) => areas.slice(index + 1).map((b) => overlap(a, b)));
  expect(Math.max(0, ...pairs)).toBeLessThan(1e-6);
});
