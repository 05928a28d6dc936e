/** The outcome of the checks of one block or one result. */
export interface Verification {
  /** Its own claims, unverified. */
  facts: [name: string, value: string][];
  checks: Check[];
}

export interface Check {
  name: string;
  /** Undefined if it could not be checked. */
  holds: boolean | undefined;
  says: string;
}
