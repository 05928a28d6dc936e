import type { TestOptions } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Why it is skipped; the closing lines say so. */
    skipped?: string;
  }
}

/** Options of a test, or of a group of them, that this machine can't run for this reason; undefined: it can. */
export function skippedBecause(reason: string | undefined): TestOptions {
  return reason === undefined ? {} : { skip: true, meta: { skipped: reason } };
}

/** Options of a test, or of a group of them, that runs only where `isThere`. */
export function needs(isThere: boolean, what: string): TestOptions {
  return skippedBecause(isThere ? undefined : `it takes ${what}`);
}

/** Of those that mount disks, or start processes as other users. */
export const needsRoot = needs(process.getuid?.() === 0, "root");
