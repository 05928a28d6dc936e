/** Longer than any known name. */
const MAX_LETTERS = 40;

/** The name that `text` probably misspells; undefined where none is near. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  if (text.length > MAX_LETTERS) return undefined;
  const [best] = names
    .map((name) => ({ name, apart: distance(text.toLowerCase(), name) }))
    .sort((a, b) => a.apart - b.apart);
  if (best === undefined) return undefined;
  const isNear = best.apart <= Math.max(2, Math.floor(best.name.length / 3));
  return isNear ? best.name : undefined;
}

/** Levenshtein distance: insertions, deletions and replacements of letters. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
