/** A run that this browser asked for and has not seen the end of. */
export interface LastRun {
  id: string;
  result_url: string;
  cancel_token?: string | undefined;
  /** When it was asked for. */
  at: number;
}

/**
 * The run kept under `key`; given one, that is kept, and null is none. A page may not be allowed to keep
 * anything: then it does not go on with its run when it is opened again.
 */
export function lastRun(key: string, run?: LastRun | null): LastRun | null {
  try {
    if (run !== undefined) localStorage[key] = JSON.stringify(run);
    return JSON.parse(localStorage[key] as string) as LastRun | null;
  } catch {
    return null;
  }
}
