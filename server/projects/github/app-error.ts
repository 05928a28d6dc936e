import { DeferredError } from "../../../protocol/deferred-error.ts";

type AppErrorReason =
  | "not_github"
  | "key_refused"
  | "clock_wrong"
  | "not_installed"
  | "suspended"
  | "permission_missing"
  | "address_refused"
  | "unavailable"
  | "refused";

export const NOT_GITHUB =
  "A GitHub App reads repositories at github.com, or at the GitHub Enterprise server of DEFERRED_GITHUB_API: remove " +
  "the App (--remove-credential github_app) or use --token-file.";

/** A GitHub App got no token. The message says what to do and is shown to the project's owner. */
export class GitHubAppError extends DeferredError {
  override readonly name = "GitHubAppError";
  readonly reason: AppErrorReason;
  /** Milliseconds to wait, as GitHub asked. */
  readonly afterMs: number | undefined;
  constructor(
    reason: AppErrorReason,
    message: string,
    more: { afterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super("github_app_failed", message, { cause: more.cause });
    this.reason = reason;
    this.afterMs = more.afterMs;
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    return this.reason === "unavailable";
  }
}
