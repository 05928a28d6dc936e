/** Something that is not done, why, and what a person can do about it. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
