import type { ColumnType, Generated } from "kysely";
import type { Actor } from "../../../protocol/actors.ts";
import type {
  MachineSettings,
  MachineWish,
  Market,
  WakeCause,
} from "../../../protocol/machines.ts";
import type { RegisterRequest } from "../../../protocol/registration.ts";
import type { Waking } from "../../../protocol/run.ts";
import type { FoundRuntime } from "../../../protocol/runtimes.ts";
import type { Json } from "../json.ts";

type MachineState = "launching" | "ready" | "leaving" | "stopped" | "gone";

export interface MachinesTable {
  /** Committed before compute is called and reused by each retry, which makes the launch idempotent. */
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
  /** When the current or last wake was requested. `registered_at` belongs to the same wake. */
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
  /** The sandbox and host that the responder reported. */
  about: Json<Pick<RegisterRequest, "sandbox" | "host" | "release">> | null;
  last_seen_at: number;
  /** When it last worked on a run, or registered. */
  idle_since: number | null;
  stopped_at: number | null;
  /** 1: made by other settings than today's, so it is not started again. */
  outdated: number;
  ended_at: number | null;
  /** The reason for the states `leaving`, `stopped` and `gone`. */
  reason: string | null;
  /** Of the offer that was accepted. */
  type: string | null;
  zone: string | null;
  market: Market | null;
  image: string | null;
  /** What its launch asks for, kept for each retry of it; null: the provider's settings. */
  wish: Json<MachineWish> | null;
  /** 1: a person asked for this machine, so it need not be as its pool's settings want it. */
  added: number;
  /** Who asked it to stop or to end. */
  asked_by: Json<Actor> | null;
}

/**
 * One row for each launch or start of a machine, with its duration and cost. When another project takes over the
 * costs of a running machine, it gets a row of its own.
 */
export interface WakesTable {
  machine: string;
  /** Counts from 1 within the machine. */
  number: number;
  pool: string;
  project: string;
  how: "launch" | "start" | "charge";
  /** 1: its image lacked packages, which were installed before it registered. */
  set_up: Generated<number>;
  /** 1: woken by a hint that a reader may soon press Run. */
  hinted: number;
  requested_at: number;
  registered_at: number | null;
  /** When the machine stopped costing. */
  ended_at: number | null;
  /** 0: the wake produced no machine, so it does not count against a budget. */
  counted: number;
  reason: string | null;
  /** When the wake failed; waiting runs are notified of it. */
  failed_at: number | null;
  /** 1: waiting runs were not notified yet. */
  untold: Generated<number>;
  /** Sentences that waiting runs get in addition to the reason. */
  said: ColumnType<string | null, string | null | undefined>;
  /** For operators. */
  detail: string | null;
  /** Null for wakes of earlier releases. */
  cause: Json<WakeCause> | null;
  /** Who asked the machine to stop or to end. */
  ended_by: ColumnType<Json<Actor> | null, Json<Actor> | null | undefined>;
}

/** Only the settings that were made. */
interface MachineSettingsTable {
  /** Empty: of the shared pool, and of projects that have none of their own. */
  project: string;
  settings: Json<MachineSettings>;
}

export interface MachineTables {
  machines: MachinesTable;
  wakes: WakesTable;
  machine_settings: MachineSettingsTable;
}
