/** Limits of a block that requests none. */
export const DEFAULT_LIMITS = {
  wall_s: 30,
  cpu_s: 30,
  memory_mb: 256,
  processes: 64,
  output_kb: 64,
  artifacts_mb: 16,
  network: false,
};

/** Maxima of every block. */
export const LIMIT_CEILINGS = {
  wall_s: 300,
  cpu_s: 300,
  memory_mb: 1024,
  processes: 256,
  output_kb: 1024,
  artifacts_mb: 64,
  network: false,
};
