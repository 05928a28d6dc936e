import type { ColumnType, Generated } from "kysely";
import type { RunState } from "../../protocol/run.ts";

/** Moments are milliseconds since 1970; JSON is text. */
export interface Tables {
  facts: { name: string; value: string };
  projects: {
    slug: string;
    created_at: number;
    repository: string | null;
    default_branch: string | null;
    /** JSON of its `ProjectSettings`. */
    settings: ColumnType<string, string | undefined, string>;
    /** Its name is not given to another. */
    removed_at: number | null;
    /** When the repository's branches and tags were last looked at. */
    refs_seen_at: ColumnType<number | null, number | null | undefined, number | null>;
  };
  /** Where branches and tags are, as deliveries and looks at the repository told. */
  known_refs: {
    project: string;
    ref: string;
    sha: string;
    /** Where it was before, as the delivery says. */
    before: string | null;
    moved_at: number;
  };
  /** Without a project: for every one. */
  api_tokens: { hash: string; project: string | null; label: string; created_at: number };
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
  wakes: WakesTable;
  project_secrets: {
    project: string;
    /** `secret`: for its commands. `own`: what the server and the checkout need. */
    kind: "secret" | "own";
    name: string;
    /** Encrypted under the master key. */
    sealed: string;
    set_at: number;
  };
  hooks: { id: string; project: string };
  deliveries: DeliveriesTable;
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
  /** What command runs are about, in their order. */
  run_commits: { run: string; position: number; project: string; sha: string };
  /** Canceled runs that a machine may still be at: no other of their lane begins meanwhile. */
  lane_holds: {
    lane: string;
    run: string;
    attempt: number;
    pool: string;
    machine: string;
    /** Number of the claim by which the machine got it. */
    claim: number | null;
    /** When its lease is over, whatever the machine says. */
    until: number;
  };
  schedules: { project: string; position: number; cron: string; next_at: number | null };
  caches: {
    project: string;
    name: string;
    sha256: string;
    size: number;
    saved_at: number;
    /** When a run last restored or saved it. */
    used_at: number;
  };
  /** Files of caches that may be nobody's: uploads that were announced, and what was replaced. */
  loose_caches: { project: string; name: string; sha256: string; since: number };
  sessions: { hash: string; created_at: number; expires_at: number };
  sign_in_links: { hash: string; expires_at: number };
  outgoing_hooks: {
    id: string;
    project: string;
    url: string;
    sealed_secret: string;
    /** JSON. */
    events: string;
    created_at: number;
    removed_at: number | null;
  };
  /** Incoming webhooks whose signature was missing or wrong, by the problem they were answered with. */
  refused_deliveries: {
    project: string;
    provider: DeliveriesTable["provider"];
    code: string;
    count: number;
    first_at: number;
    last_at: number;
  };
  notices: NoticesTable;
  /** Runs that were removed after their time. */
  expired_runs: { id: string; expired_at: number };
  /** How branches whose last run was removed fared; without a branch, the ref is empty. */
  last_states: { project: string; ref: string; state: RunState; created_at: number };
}

export interface DeliveriesTable {
  id: string;
  /** In the order of arrival, over all projects. */
  number: number;
  project: string;
  provider: "github" | "gitlab" | "generic";
  event: string;
  delivery_id: string | null;
  body_digest: string;
  /** JSON, without signatures. */
  headers: string;
  body: string;
  received_at: number;
  outcome: "run" | "duplicate" | "ignored";
  detail: string;
  run: string | null;
  replay_of: string | null;
}

export interface NoticesTable {
  id: string;
  project: string;
  run: string;
  kind: "mail" | "commit_status" | "hook";
  target: string;
  what: string;
  hook: string | null;
  /** What is sent, without any secret. */
  body: string;
  created_at: number;
  /** Null: it was sent, or given up. */
  next_at: number | null;
  tries: number;
  sent_at: number | null;
  answer: string | null;
}

export interface RunsTable {
  id: string;
  project: string;
  pool: string;
  state: RunState;
  /** JSON of what the responder is to execute. */
  work: string;
  /** What the receipt names: digests of the token without its signature, of code and of inputs. */
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
  /** The number of the machine's claim that it was given to. */
  claim: ColumnType<number | null, number | null | undefined, number | null>;
  lease_until: number | null;
  /** When the program of the attempt was reported to begin. */
  started_at: number | null;
  /** Highest output batch of the attempt that was stored. */
  last_batch: number;
  /** Of all the attempt's batches, about. */
  output_size: ColumnType<number, number | undefined, number>;
  /** JSON of what the attempt said that it uploads: digests by what it is. */
  announced: ColumnType<string | null, string | null | undefined, string | null>;
  last_event: number;
  ended_at: number | null;
  /** JSON of the run's `Ending`. */
  ending: string | null;
  result_written: ColumnType<number, number | undefined, number>;
  kind: ColumnType<"block" | "command", "block" | "command" | undefined, never>;
  /** These are of command runs alone: why it was made, what a person reads, the branch or tag in full. */
  trigger: ColumnType<string | null, string | null | undefined, string>;
  title: ColumnType<string | null, string | null | undefined, string>;
  ref: ColumnType<string | null, string | null | undefined, string>;
  /** Runs of one lane are executed one after another, by their numbers. */
  lane: ColumnType<string | null, string | null | undefined, never>;
  lane_number: ColumnType<number | null, number | null | undefined, never>;
  /** The last state that was told to people. */
  noticed: ColumnType<string | null, string | null | undefined, string>;
}

export type MachineState = "launching" | "ready" | "leaving" | "stopped" | "gone";

export interface MachinesTable {
  /** Committed before compute is called; the same however often the launch is tried. */
  launch_id: string;
  pool: string;
  /** Whose work asked for the wake under way, or for the last one. */
  project: string;
  compute: string;
  state: MachineState;
  phase: string;
  /** JSON of the set-up step or the offer under way. */
  step: string | null;
  /** Number of the offer that compute asked for last. */
  offer: number | null;
  /** What is tried should that offer not be had, as a sentence. */
  next: string | null;
  /** Of the wake under way, or of the last one, as is `registered_at`. */
  requested_at: number;
  registered_at: number | null;
  /** How compute calls it. */
  provider_id: string | null;
  /** The key the launch is bound to, once it registered. */
  public_key: string | null;
  boot_id: string | null;
  /** Claims of that boot with lower numbers are over. */
  claims_from: ColumnType<number, number | undefined, number>;
  token_hash: string | null;
  slots: number;
  runtimes: string;
  /** JSON of what the responder said of its sandbox and host. */
  about: string | null;
  last_seen_at: number;
  /** When it last had to do with a run, or registered. */
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
  /** When it was clear that no machine would come of it, of which whoever waits is told. */
  failed_at: number | null;
  /** 1: nobody was told yet. */
  untold: Generated<number>;
  /** What whoever waits is told beside the reason, as sentences. */
  said: ColumnType<string | null, string | null | undefined>;
  /** For operators. */
  detail: string | null;
}
