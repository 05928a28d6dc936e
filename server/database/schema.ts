import type { ColumnType } from "kysely";
import type { RunState } from "../../protocol/run.ts";

/** Moments are milliseconds since 1970; JSON is text. */
export interface Tables {
  facts: { name: string; value: string };
  projects: { slug: string; created_at: number };
  api_tokens: { hash: string; project: string; label: string; created_at: number };
  keys: {
    project: string;
    kid: string;
    jwk: string;
    label: string | null;
    created_at: number;
    revoked_at: number | null;
  };
  revoked_blocks: { project: string; jti: string; revoked_at: number };
  runs: RunsTable;
  events: { run: string; id: number; at: number; attempt: number; body: string };
  callers: { run: string; caller: number; left_at: number | null };
  idempotency: {
    scope: string;
    body: string;
    run: string;
    caller: number;
    created_at: number;
  };
  machines: MachinesTable;
}

export interface RunsTable {
  id: string;
  project: string;
  pool: string;
  state: RunState;
  /** JSON of what the responder is to execute. */
  work: string;
  /** What the receipt names: digests of token, code and inputs. */
  block_digest: string;
  code_digest: string;
  inputs_digest: string;
  /** Set where other requests may share the run or its result. */
  run_key: string | null;
  runtime: string;
  /** 0 until the first attempt is claimed. */
  attempt: number;
  max_attempts: number;
  repeatable: number;
  created_at: number;
  /** While `retrying`: when the next attempt may be claimed. */
  available_at: number;
  /** The machine that has the attempt, by its launch. */
  machine: string | null;
  lease_until: number | null;
  /** When the program of the attempt was reported to begin. */
  started_at: number | null;
  /** Highest output batch of the attempt that was stored. */
  last_batch: number;
  last_event: number;
  ended_at: number | null;
  /** JSON of the run's `Ending`. */
  ending: string | null;
  result_written: ColumnType<number, number | undefined, number>;
}

export type MachineState = "launching" | "ready" | "leaving" | "gone";

export interface MachinesTable {
  /** Committed before compute is called; the same however often the launch is tried. */
  launch_id: string;
  pool: string;
  compute: string;
  state: MachineState;
  phase: string;
  /** JSON of the set-up step under way. */
  step: string | null;
  requested_at: number;
  registered_at: number | null;
  /** How compute calls it. */
  provider_id: string | null;
  /** The key the launch is bound to, once it registered. */
  public_key: string | null;
  boot_id: string | null;
  token_hash: string | null;
  slots: number;
  runtimes: string;
  /** JSON of what the responder said of its sandbox and host. */
  about: string | null;
  last_seen_at: number;
  /** When it last had to do with a run, or registered. */
  idle_since: number | null;
  ended_at: number | null;
  reason: string | null;
}
