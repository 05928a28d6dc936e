import type { ColumnType } from "kysely";
import type { Actor } from "../../../protocol/actors.ts";
import type { FileClaims } from "../../../protocol/block-files.ts";
import type { StoredCommand } from "../../../protocol/command.ts";
import type { EventBody } from "../../../protocol/events.ts";
import type { BlockWork } from "../../../protocol/responder.ts";
import type { Ending, RunState } from "../../../protocol/run.ts";
import type { Json } from "../json.ts";

type StoredActor = ColumnType<
  Json<Actor> | null,
  Json<Actor> | null | undefined,
  Json<Actor> | null
>;
type Announced = Json<Record<string, string>>;

/** Block work as the server keeps it: addresses of stored files are signed at each claim. */
export interface StoredBlockWork extends Omit<BlockWork, "stored_files"> {
  stored_files?: FileClaims | undefined;
}

export interface RunsTable {
  id: string;
  project: string;
  pool: string;
  state: RunState;
  /** The work that the responder executes. */
  work: Json<StoredBlockWork | StoredCommand>;
  /** The digests that the receipt states: of the token without its signature, of code and of inputs. */
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
  /** Number of the machine's claim that assigned it. */
  claim: ColumnType<number | null, number | null | undefined, number | null>;
  lease_until: number | null;
  /** When the program of the attempt was reported to begin. */
  started_at: number | null;
  /** Highest output batch of the attempt that was stored. */
  last_batch: number;
  /** Approximate size of all the attempt's batches. */
  output_size: ColumnType<number, number | undefined, number>;
  /** The uploads that the attempt announced, as digests by name. */
  announced: ColumnType<Announced | null, Announced | null | undefined, Announced | null>;
  last_event: number;
  ended_at: number | null;
  ending: Json<Ending> | null;
  result_written: ColumnType<number, number | undefined, number>;
  kind: ColumnType<"block" | "command", "block" | "command" | undefined, never>;
  /** A block's is `reader`. */
  trigger: ColumnType<string | null, string | null | undefined, string>;
  /** For people. */
  title: ColumnType<string | null, string | null | undefined, string>;
  /** Of command runs only, as are the next columns: the full name of the branch or tag. */
  ref: ColumnType<string | null, string | null | undefined, string>;
  /** The author of its first commit, and that commit's full name. */
  author: ColumnType<string | null, string | null | undefined, string | null>;
  commit_sha: ColumnType<string | null, string | null | undefined, string | null>;
  /** Names of the secrets that its file uses; null until the checkout is reported. */
  secrets: ColumnType<
    Json<string[]> | null,
    Json<string[]> | null | undefined,
    Json<string[]> | null
  >;
  /** How long it ran, once it has ended. */
  ran_ms: ColumnType<number | null, number | null | undefined, number | null>;
  /** Runs of one lane are executed one after another, by their numbers. */
  lane: ColumnType<string | null, string | null | undefined, never>;
  lane_number: ColumnType<number | null, number | null | undefined, never>;
  /** The last state that notices were sent for. */
  noticed: ColumnType<string | null, string | null | undefined, string>;
  /** Null: a reader of a page, or a run from before actors were stored. */
  started_by: StoredActor;
  /** Null unless somebody canceled it by name. */
  canceled_by: StoredActor;
}

/** Tables of runs, and of the commits that command runs are about. */
export interface RunTables {
  runs: RunsTable;
  events: { run: string; id: number; at: number; attempt: number; body: Json<EventBody> };
  callers: { run: string; caller: number; left_at: number | null };
  idempotency: {
    scope: string;
    body: string;
    run: string;
    caller: number;
    created_at: number;
  };
  /** The commits of command runs, in order. */
  run_commits: { run: string; position: number; project: string; sha: string };
  /** Canceled runs that a machine may still execute: no other run of their lane begins meanwhile. */
  lane_holds: {
    lane: string;
    run: string;
    attempt: number;
    pool: string;
    machine: string;
    /** Number of the claim that assigned it to the machine. */
    claim: number | null;
    /** End of its lease. */
    until: number;
  };
  /** Outcomes of command runs by the day (UTC, since 1970) that they were made on; canceled ones are not counted. */
  run_days: { project: string; day: number; succeeded: number; failed: number };
  caches: {
    project: string;
    name: string;
    sha256: string;
    size: number;
    saved_at: number;
    /** When a run last restored or saved it. */
    used_at: number;
  };
  /** Files of caches that may be unused: announced uploads, and replaced files. */
  loose_caches: { project: string; name: string; sha256: string; since: number };
  /** Runs that retention removed. */
  expired_runs: { id: string; expired_at: number };
  /** States of branches whose last run was removed; without a branch, the ref is empty. */
  last_states: { project: string; ref: string; state: RunState; created_at: number };
  commits: {
    project: string;
    sha: string;
    message: string;
    author_name: string;
    author_email: string;
    committed_at: number;
    /** Branch or tag it was last seen on, in full. */
    ref: string | null;
    seen_at: number;
  };
  /** All branches and tags that commits were seen on, in full. */
  commit_refs: { project: string; sha: string; ref: string; seen_at: number };
}
