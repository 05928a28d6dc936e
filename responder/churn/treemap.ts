export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Divides a rectangle among weights in proportion: halves of about equal weight, along the longer side, and each half
 * again. Weights are above 0, largest first; the result has their order.
 */
export function treemap(weights: readonly number[], within: Rectangle): Rectangle[] {
  if (weights.length < 2) return weights.map(() => within);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let [split, first] = [0, 0];
  for (const weight of weights.slice(0, -1)) {
    if (split > 0 && first + weight / 2 > total / 2) break;
    first += weight;
    split++;
  }
  const share = first / total;
  const { x, y, width, height } = within;
  const isWide = width >= height;
  const half = isWide ? width * share : height * share;
  const before = isWide ? { ...within, width: half } : { ...within, height: half };
  const after = isWide
    ? { ...within, x: x + half, width: width - half }
    : { ...within, y: y + half, height: height - half };
  return [...treemap(weights.slice(0, split), before), ...treemap(weights.slice(split), after)];
}
