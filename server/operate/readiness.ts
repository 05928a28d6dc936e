import { whyNotWritable } from "../database/disk-trouble.ts";

export interface ReadinessDeps {
  /** Folders that have to be writable. */
  folders: readonly string[];
  draining: () => boolean;
  sandboxMissing: () => Promise<boolean>;
}

/** Returns a function that explains in one sentence why no block can run now; undefined if blocks can run. */
export function createReadiness({ folders, draining, sandboxMissing }: ReadinessDeps) {
  return async (): Promise<string | undefined> => {
    if (draining()) return "It is being restarted.";
    const unwritable = await whyNotWritable([...folders]);
    if (unwritable !== undefined) return unwritable;
    if (!(await sandboxMissing())) return undefined;
    return "This machine has no working sandbox: install bubblewrap.";
  };
}
