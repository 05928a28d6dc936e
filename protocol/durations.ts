const UNITS: Record<string, number> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds in `45`, `45s`, `30m`, `1h`, `90d` or `2w`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim());
  if (!match) return undefined;
  const unit = match[2] === "" ? 1 : UNITS[match[2]!];
  return unit === undefined ? undefined : Number(match[1]) * unit;
}

/** The shortest text that `parseDuration` reads as these whole seconds: `1h` for 3600. */
export function writeDuration(seconds: number): string {
  const units = Object.entries(UNITS).filter(([name]) => name.length === 1);
  const [unit, length] = units.findLast(([, each]) => seconds % each === 0) ?? ["s", 1];
  return `${seconds / length}${unit}`;
}
