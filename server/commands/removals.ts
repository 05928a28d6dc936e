import type { Logger } from "pino";
import type { BlockFiles } from "../projects/blocks/files.ts";
import type { Projects } from "../projects/projects.ts";
import type { Runs } from "../runs/runs.ts";
import type { Caches } from "./caches.ts";
import { projectPool, strangersPool } from "./pools.ts";

export interface RemovalsDeps {
  projects: Pick<Projects, "remove" | "purgeable" | "purge" | "forgetAppTokens">;
  runs: Pick<Runs, "openOf" | "apply">;
  caches: Pick<Caches, "forget">;
  blockFiles: Pick<BlockFiles, "forget">;
  /** Sends the machines of pools away. */
  forgetMachines: (pools: string[]) => Promise<unknown>;
  log: Logger;
}

export type Removals = ReturnType<typeof createRemovals>;

/** Removes projects with their runs and machines, and later with their files. */
export function createRemovals(deps: RemovalsDeps) {
  const { projects, runs, caches, blockFiles, forgetMachines, log } = deps;

  /** The files go first: after a crash the next sweep purges the project again. */
  async function purge(slug: string): Promise<void> {
    await caches.forget(slug);
    await blockFiles.forget(slug);
    await projects.purge(slug);
  }

  return {
    /** Removes the project, cancels its runs and sends its machines away. It can be restored for seven days. */
    async remove(slug: string): Promise<void> {
      await projects.remove(slug);
      for (const id of await runs.openOf(slug)) await runs.apply(id, { type: "canceled" });
      projects.forgetAppTokens(slug);
      await forgetMachines([projectPool(slug), strangersPool(slug)]);
    },

    /** Deletes for good the projects that can't be restored any more. Resolves with their number. */
    async purgeRemoved(): Promise<number> {
      let count = 0;
      for (const slug of await projects.purgeable()) {
        try {
          await purge(slug);
          count++;
        } catch (error) {
          log.error({ err: error, project: slug }, "a removed project could not be purged");
        }
      }
      return count;
    },
  };
}
