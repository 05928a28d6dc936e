/** What was found out about one block or one result. */
export interface Finding {
  /** What it says of itself. */
  facts: [name: string, value: string][];
  checks: Check[];
}

export interface Check {
  name: string;
  /** Undefined where it could not be checked. */
  holds: boolean | undefined;
  says: string;
}
