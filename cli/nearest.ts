/** Longer words are nobody's slip of a finger on a name of ours. */
const LONGEST = 40;

/** The one of `known` that `word` was probably meant to be: its beginning, or a slip of one or two letters. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const bare = (text: string) => text.replace(/^-+/, "").toLowerCase();
  const given = bare(word);
  if (given.length < 2 || given.length > LONGEST) return undefined;
  const ranked = known
    .map((name) => ({ name, slips: slipsBetween(given, bare(name)) }))
    .toSorted((a, b) => a.slips - b.slips);
  const [best] = ranked;
  if (best && best.slips <= (given.length < 5 ? 1 : 2)) return best.name;
  const begun = known.filter((name) => given.length > 2 && bare(name).startsWith(given));
  return begun.length === 1 ? begun[0] : undefined;
}

/** Letters that were left out, added, exchanged, or turned around. */
function slipsBetween(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const other = a[i - 1] === b[j - 1] ? 0 : 1;
      const turned = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        rows[i - 1]![j]! + 1,
        row[j - 1]! + 1,
        rows[i - 1]![j - 1]! + other,
        turned ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
