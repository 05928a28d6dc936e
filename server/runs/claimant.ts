import type { FoundRuntime } from "../../protocol/runtimes.ts";

/** A machine that calls, once its token was checked. */
export interface Claimant {
  launchId: string;
  /** Of the token it calls with: each registration has another, also of one boot. */
  tokenHash: string;
  pool: string;
  runtimes: FoundRuntime[];
  /** Of its whole host. */
  memoryMb: number;
}
