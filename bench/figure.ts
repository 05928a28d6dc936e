/** One row of the table: what was measured, beside what, and the bound it is held to. */
export interface Figure {
  name: string;
  /** In words, with its unit and spread. */
  measured: string;
  /** The peer or the limit measured in the same run. */
  beside: string;
  /** What is held to the bound; a ratio where a peer stands beside it. */
  value: number;
  bound: number;
  unit: string;
}

export interface BenchOptions {
  /** A repository to measure with instead of one that is made. */
  repo: string | undefined;
}

export interface Bench {
  name: string;
  /** What it does, for `--help`. */
  summary: string;
  run(options: BenchOptions): Promise<Figure[]>;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** `p50/p95` of milliseconds. */
export function spread(values: readonly number[]): string {
  return `${percentile(values, 0.5).toFixed(1)}/${percentile(values, 0.95).toFixed(1)} ms`;
}
