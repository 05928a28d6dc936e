/** `1 block`, `3 blocks`. */
export function plural(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
