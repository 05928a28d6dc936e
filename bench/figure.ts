/** One row of the table: a measurement, a peer beside it, and its bound. */
export interface Figure {
  name: string;
  /** The measurement with unit and spread. */
  measured: string;
  /** A peer or a limit that was measured in the same run. */
  beside: string;
  /** Compared with the bound; a ratio if there is a peer. */
  value: number;
  bound: number;
  /** Whether the bound is the least value that holds, not the greatest. */
  atLeast?: boolean;
  unit: string;
}

interface BenchOptions {
  /** A repository to measure instead of a generated one. */
  repo: string | undefined;
  /** Peers that somebody has started, each as `NAME=URL`. */
  peers: readonly string[];
}

export interface Bench {
  name: string;
  /** One sentence for the list of benches. */
  summary: string;
  run(options: BenchOptions): Promise<Figure[]>;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** Formats milliseconds as `p50/p95 ms`. */
export function spread(values: readonly number[]): string {
  return `${percentile(values, 0.5).toFixed(1)}/${percentile(values, 0.95).toFixed(1)} ms`;
}
