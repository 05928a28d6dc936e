/** Whether a release is older than another, by their numbers: `0.9.1` than `0.10.0`. False where one is none. */
export function isOlderRelease(release: string, other: string): boolean {
  const [a, b] = [numbersOf(release), numbersOf(other)];
  if (!a || !b) return false;
  const differs = a.findIndex((number, index) => number !== b[index]);
  return differs >= 0 && a[differs]! < b[differs]!;
}

function numbersOf(release: string): number[] | undefined {
  const [, ...numbers] = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+]|$)/.exec(release) ?? [];
  return numbers.length === 0 ? undefined : numbers.map(Number);
}
