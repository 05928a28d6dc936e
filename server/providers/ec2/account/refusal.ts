import { DeferredError } from "../../../../protocol/deferred-error.ts";

/** Something that is not done, why, and what a person can do about it. */
export class Refusal extends DeferredError {
  override readonly name = "Refusal";
  readonly hint: string;
  constructor(message: string, hint: string) {
    super("account_refused", message);
    this.hint = hint;
  }
}
