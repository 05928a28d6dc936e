import type { Logger } from "pino";
import type { Compute } from "../providers/compute.ts";
import type { Queries } from "../database/database.ts";
import type { createBackground } from "./background.ts";
import type { Endings } from "./endings.ts";
import { aliveMachines } from "./machines.ts";

export interface ClosingDeps {
  queries: Queries;
  compute: Compute;
  endings: Endings;
  background: ReturnType<typeof createBackground>;
  log: Logger;
}

/**
 * Ends the machines that go with their server and waits for it: those too whose end can't be put on record, as on a
 * disk that turned read-only.
 */
export async function endAll(deps: ClosingDeps): Promise<void> {
  const { queries, compute, endings, background, log } = deps;
  const unrecorded = (error: unknown) =>
    log.error({ err: error }, "the end of the machines could not be recorded");
  const stopAll = async () => {
    for (const { launch_id: launchId } of await aliveMachines(queries)) {
      await endings.stop(launchId, "server_closed");
    }
  };
  await stopAll().catch(unrecorded);
  await background.settled();
  const left = (await compute.list()).filter(({ state }) => state === "running");
  const ends = left.map(({ providerId }) => compute.destroy(providerId));
  for (const end of await Promise.allSettled(ends)) {
    if (end.status === "rejected") log.error({ err: end.reason }, "a machine could not be removed");
  }
}
