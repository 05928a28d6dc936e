import { buildStale } from "../setup/bundles.mjs";

/** Tests of real processes start what users start, which is cheaper than the sources: 0.25 s of CPU a server, not 0.55. */
export function setup(): void {
  buildStale(["responder", "node", "guides"]);
}
