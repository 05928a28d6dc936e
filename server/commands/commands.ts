import type { Trx } from "../database/database.ts";
import type { RunRow } from "../runs/record.ts";
import { poolTopic, type RunsDeps } from "../runs/runs.ts";
import { submitCommand, type CommandOrder } from "./submit.ts";

export type Commands = ReturnType<typeof createCommands>;
export type CommandsDeps = Pick<RunsDeps, "feed" | "now" | "onDemand" | "onChanged">;

/** A project's own runs, from whatever asks for them. */
export function createCommands({ feed, now, onDemand, onChanged }: CommandsDeps) {
  return {
    /** Makes a run in the caller's transaction; `announce` it once that is committed. */
    submit: (trx: Trx, order: CommandOrder): Promise<RunRow> => submitCommand(trx, order, now()),

    /** Tells machines and whoever else waits of a new run. Nothing is waited for. */
    announce(row: RunRow): void {
      feed.changed(poolTopic(row.pool));
      onChanged(row);
      onDemand();
    },
  };
}
