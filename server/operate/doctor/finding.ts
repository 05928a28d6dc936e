/** What one check came to. */
export interface Finding {
  check: string;
  state: "ok" | "warning" | "failed" | "skipped";
  says: string;
  /** What to do, unless all is well. */
  fix?: string;
}

/** Writes findings of one check. */
export function findingsOf(check: string) {
  return {
    ok: (says: string): Finding => ({ check, state: "ok", says }),
    warning: (says: string, fix: string): Finding => ({ check, state: "warning", says, fix }),
    failed: (says: string, fix: string): Finding => ({ check, state: "failed", says, fix }),
    skipped: (says: string): Finding => ({ check, state: "skipped", says }),
  };
}
