import { whyNotWritable } from "../database/disk-trouble.ts";

export interface ReadinessDeps {
  /** Folders that have to be writable. */
  folders: readonly string[];
  draining: () => boolean;
  sandboxMissing: () => Promise<boolean>;
}

/** Says why a block can't be run now: a sentence; undefined where it can. */
export function createReadiness({ folders, draining, sandboxMissing }: ReadinessDeps) {
  return async (): Promise<string | undefined> => {
    if (draining()) return "It is being restarted.";
    const unwritable = await whyNotWritable([...folders]);
    if (unwritable !== undefined) return unwritable;
    if (!(await sandboxMissing())) return undefined;
    return "This machine has no working sandbox: install bubblewrap.";
  };
}
