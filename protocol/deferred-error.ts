import { ERRORS, type ErrorCode } from "./errors.ts";
import type { ReasonCode } from "./reasons.ts";

/** Codes of errors that never leave their process. */
type LocalCode =
  | "account_refused"
  | "bake_failed"
  | "command_line_failed"
  | "commit_unknown"
  | "database_failed"
  | "database_newer"
  | "database_pre_release"
  | "destination_refused"
  | "git_failed"
  | "github_app_failed"
  | "image_missing"
  | "machine_stuck"
  | "object_format_differs"
  | "ref_unknown"
  | "remote_unavailable"
  | "repository_failed"
  | "repository_moved"
  | "responder_start_failed"
  | "sandbox_operation_failed"
  | "server_refused"
  | "server_unreachable"
  | "settings_invalid";

/** The code of any error that this product throws. */
type AnyCode = ErrorCode | ReasonCode | LocalCode;

/**
 * Base of the errors that this product throws. Programs match on `code`, never on a message. A subclass
 * adds the facts of the case as fields; the underlying error is its `cause`.
 */
export class DeferredError<Code extends AnyCode = AnyCode> extends Error {
  override readonly name: string = "DeferredError";
  readonly code: Code;
  /** HTTP status for a caller. */
  readonly status: number = 500;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface ApiErrorFacts {
  /** Seconds after which the same request may succeed. */
  retryAfterS?: number;
  /** For the log only: callers read the code's sentence and `detail`. */
  message?: string;
  cause?: unknown;
}

/** An error of the HTTP API, sent as an RFC 9457 problem document. */
export class ApiError extends DeferredError<ErrorCode> {
  override readonly name = "ApiError";
  override readonly status: number;
  /** The facts of this case, as sentences for the caller. */
  readonly detail: string | undefined;
  readonly retryAfterS: number | undefined;

  constructor(code: ErrorCode, detail?: string, facts: ApiErrorFacts = {}) {
    const { retryAfterS, message, cause } = facts;
    super(code, message ?? (detail === undefined ? code : `${code}: ${detail}`), { cause });
    this.status = ERRORS[code][0];
    this.detail = detail;
    this.retryAfterS = retryAfterS;
  }
}
