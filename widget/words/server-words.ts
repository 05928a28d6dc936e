import type { ErrorCode } from "../../protocol/errors.ts";
import type { ReasonCode } from "../../protocol/reasons.ts";

/** The steps that set a machine up; server/providers/cloud-init/set-up/__main__.py names them. */
export type SetUpStep = "system packages" | "Node" | "languages" | "responder";

/** Translations of the server's sentences by their codes, of steps by their names, and of the element's own refusals. */
export interface ServerWords {
  steps: Record<SetUpStep, string>;
  /** How a machine is paid for; its type and zone follow. */
  markets: Record<"spot" | "on-demand", string>;
  problems: Record<ReaderProblem, string>;
  reasons: Record<ReaderReason, string>;
  /** An answer without a code. */
  status: (status: number) => string;
}

/** Problems of calls that a reader's page makes. */
type ReaderProblem =
  | "answer_blocked"
  | "answer_unreadable"
  | Extract<
      ErrorCode,
      | "audience_wrong"
      | "block_expired"
      | "block_not_yet_valid"
      | "block_revoked"
      | "code_empty"
      | "code_mismatch"
      | "code_too_large"
      | "code_unacceptable"
      | "idempotency_key_reused"
      | "input_invalid"
      | "internal"
      | "key_revoked"
      | "key_unknown"
      | "network_edit_refused"
      | "network_refused"
      | "origin_refused"
      | "overloaded"
      | "project_queue_full"
      | "queue_full"
      | "rate_limited"
      | "run_expired"
      | "run_not_found"
      | "runtime_unknown"
      | "signature_invalid"
      | "storage_unavailable"
      | "token_algorithm_refused"
      | "token_claims_invalid"
      | "token_malformed"
      | "token_too_large"
      | "token_type_wrong"
    >;

/** Reasons of blocks' runs; the other reasons are of projects' runs. */
type ReaderReason = Exclude<
  ReasonCode,
  | "app_not_up"
  | "checkout_failed"
  | "commit_skips"
  | "disk_full"
  | "file_invalid"
  | "newer_push"
  | "schedule_gone"
  | "service_failed"
>;
