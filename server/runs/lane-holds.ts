import type { Holding } from "../../protocol/responder.ts";
import type { Database } from "../database/database.ts";
import { prepared } from "../database/prepared.ts";
import type { Feed } from "./feed.ts";
import { poolTopic } from "./topics.ts";

export interface LaneHoldsDeps {
  database: Database;
  feed: Feed;
  /** Called when the amount of waiting work changes. */
  onDemand: () => void;
}

const holdsOfClaims = prepared((queries, of: { machine: string; below: number }) =>
  queries
    .selectFrom("lane_holds")
    .select(["lane", "run", "attempt", "pool"])
    .where("machine", "=", of.machine)
    .where("claim", "<", of.below),
);

/** Releases held lanes, and announces the pools whose runs waited for them. */
export function createLaneHolds({ database, feed, onDemand }: LaneHoldsDeps) {
  const { queries } = database;
  const holds = () => queries.selectFrom("lane_holds").select(["lane", "run", "attempt", "pool"]);
  type Hold = Awaited<ReturnType<ReturnType<typeof holds>["execute"]>>[number];

  async function end(ended: readonly Hold[]): Promise<void> {
    if (ended.length === 0) return;
    for (const { lane, run } of ended) {
      await queries
        .deleteFrom("lane_holds")
        .where("lane", "=", lane)
        .where("run", "=", run)
        .execute();
    }
    for (const pool of new Set(ended.map((one) => one.pool))) feed.changed(poolTopic(pool));
    onDemand();
  }

  return {
    /** Releases the lanes of every run that the machine does not report as held. */
    async release(machine: string, { claims_from, runs }: Holding): Promise<void> {
      const own = await holdsOfClaims(queries, { machine, below: claims_from });
      const isHeld = ({ run, attempt }: Hold) =>
        runs.some((one) => one.run === run && one.attempt === attempt);
      await end(own.filter((hold) => !isHeld(hold)));
    },
    lapse: async (at: number) => end(await holds().where("until", "<", at).execute()),
    machineLost: async (machine: string) =>
      end(await holds().where("machine", "=", machine).execute()),
    async extendAll(until: number): Promise<void> {
      await queries.updateTable("lane_holds").set({ until }).execute();
    },
  };
}
