import { fromJson } from "../database/json.ts";
import type { Logger } from "pino";
import { isEnded } from "../../protocol/run.ts";
import type { RunRow } from "./record.ts";

/** Logs a run's change of state: at `info`, except for the progress of a wake. */
export function logChange(log: Logger, row: RunRow): void {
  const { id: run, attempt, machine, project, kind, state } = row;
  const facts = { run, attempt, machine: machine ?? undefined, project, kind, state };
  if (state === "waking") log.debug(facts, "a run waits for a machine");
  else if (!isEnded(state)) log.info(facts, `a run is ${state}`);
  else {
    const { reason, exit_code } = fromJson(row.ending!);
    const ms = row.ended_at! - row.created_at;
    log.info({ ...facts, reason: reason?.code, exit_code, ms }, "a run has ended");
  }
}
