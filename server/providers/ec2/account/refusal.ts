import { DeferredError } from "../../../../protocol/deferred-error.ts";

/** Something that is not done, why, and what a person can do about it. */
export class AccountError extends DeferredError {
  override readonly name = "AccountError";
  readonly hint: string;
  constructor(message: string, hint: string) {
    super("account_refused", message);
    this.hint = hint;
  }
}
