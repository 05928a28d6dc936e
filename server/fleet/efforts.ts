import type { Compute } from "../providers/compute.ts";
import type { AliveMachine } from "./machines.ts";

/** Sees that machines move which are on their way and have nothing to say yet, where their provider can tell. */
export function createEfforts(compute: Compute, moved: (launchId: string) => void) {
  let before = new Map<string, number>();

  return async function look(machines: readonly AliveMachine[]): Promise<void> {
    if (!compute.activity) return;
    const now = new Map<string, number>();
    for (const { launch_id: launchId, provider_id: providerId, state } of machines) {
      if (state !== "launching" || providerId === null) continue;
      const effort = await compute.activity(providerId);
      if (effort === undefined) continue;
      now.set(launchId, effort);
      if (before.get(launchId) !== effort) moved(launchId);
    }
    before = now;
  };
}
