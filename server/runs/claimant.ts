import type { FoundRuntime } from "../../protocol/runtimes.ts";

/** A machine that calls, after its token was checked. */
export interface Claimant {
  launchId: string;
  /** Hash of its token: each registration has a new one, also within one boot. */
  tokenHash: string;
  pool: string;
  runtimes: FoundRuntime[];
  /** Memory of the whole host. */
  memoryMb: number;
}
