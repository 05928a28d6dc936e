/** The outcome of one check of a doctor command; `deferred doctor --json` prints them. */
export interface Finding {
  check: string;
  state: "ok" | "warning" | "failed" | "skipped";
  says: string;
  /** The advice; absent if there is nothing to do. */
  fix?: string;
}

/** Makes findings of one check. */
export function findingsOf(check: string) {
  return {
    ok: (says: string): Finding => ({ check, state: "ok", says }),
    warning: (says: string, fix: string): Finding => ({ check, state: "warning", says, fix }),
    failed: (says: string, fix: string): Finding => ({ check, state: "failed", says, fix }),
    skipped: (says: string): Finding => ({ check, state: "skipped", says }),
  };
}
