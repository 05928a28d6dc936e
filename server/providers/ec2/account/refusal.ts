import { DeferredError } from "../../../../protocol/deferred-error.ts";

/** A refused operation on the account. The message says why and what to do. */
export class AccountError extends DeferredError {
  override readonly name = "AccountError";
  readonly hint: string;
  constructor(message: string, hint: string) {
    super("account_refused", message);
    this.hint = hint;
  }
}
