import type { ColumnType, Generated } from "kysely";
import type { RegisterRequest } from "../../../protocol/registration.ts";
import type { Waking } from "../../../protocol/run.ts";
import type { FoundRuntime } from "../../../protocol/runtimes.ts";
import type { Json } from "../json.ts";

export type MachineState = "launching" | "ready" | "leaving" | "stopped" | "gone";

export interface MachinesTable {
  /** Committed before compute is called; the same however often the launch is tried. */
  launch_id: string;
  pool: string;
  /** The project whose work asked for the wake under way, or for the last one. */
  project: string;
  compute: string;
  state: MachineState;
  phase: string;
  /** The set-up step or the offer under way. */
  step: Json<NonNullable<Waking["step"]>> | null;
  /** Number of the offer that compute asked for last. */
  offer: number | null;
  /** The next offer to try, as a sentence. */
  next: string | null;
  /** Of the wake under way, or of the last one, as is `registered_at`. */
  requested_at: number;
  registered_at: number | null;
  /** The provider's id. */
  provider_id: string | null;
  /** The key the launch is bound to, once it registered. */
  public_key: string | null;
  boot_id: string | null;
  /** Claims of that boot with lower numbers are over. */
  claims_from: ColumnType<number, number | undefined, number>;
  token_hash: string | null;
  slots: number;
  runtimes: Json<FoundRuntime[]>;
  /** What the responder said of its sandbox and host. */
  about: Json<Pick<RegisterRequest, "sandbox" | "host">> | null;
  last_seen_at: number;
  /** When it last worked on a run, or registered. */
  idle_since: number | null;
  stopped_at: number | null;
  /** 1: made by other settings than today's, so it is not started again. */
  outdated: number;
  ended_at: number | null;
  /** Why it is leaving, stopped or gone. */
  reason: string | null;
}

/**
 * Each time a machine was launched, or started again: how long it took, and what it cost. Where another
 * project goes on paying for a machine that is there, that is a row of its own.
 */
export interface WakesTable {
  machine: string;
  /** Counts from 1 within the machine. */
  number: number;
  pool: string;
  project: string;
  how: "launch" | "start" | "charge";
  /** 1: something was missing on its image, and was installed before it could work. */
  set_up: Generated<number>;
  /** 1: for a reader who might soon run something. */
  hinted: number;
  requested_at: number;
  registered_at: number | null;
  /** When the machine stopped costing. */
  ended_at: number | null;
  /** 0: no machine came of it, so no budget pays for it. */
  counted: number;
  reason: string | null;
  /** When the wake failed, which waiting runs are told. */
  failed_at: number | null;
  /** 1: waiting runs were not told yet. */
  untold: Generated<number>;
  /** What waiting runs are told beside the reason, as sentences. */
  said: ColumnType<string | null, string | null | undefined>;
  /** For operators. */
  detail: string | null;
}

export interface MachineTables {
  machines: MachinesTable;
  wakes: WakesTable;
}
