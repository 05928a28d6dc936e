export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Divides a rectangle among weights, largest first, into parts that are as square as can be: the squarified
 * treemap of Bruls, Huizing and van Wijk. Answers in the order of the weights, which are above 0.
 */
export function treemap(weights: readonly number[], within: Rectangle): Rectangle[] {
  const total = weights.reduce((sum, one) => sum + one, 0);
  const scale = (within.width * within.height) / total;
  const areas = weights.map((weight) => weight * scale);
  const placed: Rectangle[] = [];
  let free = within;
  let row: number[] = [];
  for (const area of areas) {
    const side = Math.min(free.width, free.height);
    if (row.length > 0 && worst([...row, area], side) > worst(row, side)) {
      free = place(row, free, placed);
      row = [];
    }
    row.push(area);
  }
  place(row, free, placed);
  return placed;
}

/** How far from square the worst of a row is. */
function worst(row: readonly number[], side: number): number {
  const sum = row.reduce((total, area) => total + area, 0);
  return Math.max(
    ...row.map((area) =>
      Math.max((side * side * area) / (sum * sum), (sum * sum) / (side * side * area)),
    ),
  );
}

/** Lays a row along the shorter side; returns the remaining rectangle. */
function place(row: readonly number[], free: Rectangle, placed: Rectangle[]): Rectangle {
  const sum = row.reduce((total, area) => total + area, 0);
  const isUpright = free.width >= free.height;
  const side = isUpright ? free.height : free.width;
  const depth = side === 0 ? 0 : sum / side;
  let along = 0;
  for (const area of row) {
    const length = depth === 0 ? 0 : area / depth;
    placed.push(
      isUpright
        ? { x: free.x, y: free.y + along, width: depth, height: length }
        : { x: free.x + along, y: free.y, width: length, height: depth },
    );
    along += length;
  }
  return isUpright
    ? { ...free, x: free.x + depth, width: free.width - depth }
    : { ...free, y: free.y + depth, height: free.height - depth };
}
