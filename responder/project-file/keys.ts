/** The keys of a project's file, in the order in which mistakes name them. */
export const KEYS = [
  "commands",
  "matrix",
  "runtimes",
  "services",
  "env",
  "secrets",
  "caches",
  "artifacts",
  "timeout",
  "branches",
  "schedule",
  "serve",
  "network",
  "history",
] as const;
export type Key = (typeof KEYS)[number];

export const FORM = "keys such as commands:, or nothing but commands, one a line";
/** Entries that a list or a map may have. */
export const MAX_ENTRIES = 200;
