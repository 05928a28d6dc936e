import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { trials, type Trial, type TrialOptions } from "./trial.ts";
import type { RuntimeName } from "../../../protocol/runtimes.ts";

/** What `run-trials.ts` is told, and what it prints. */
export interface Order {
  readonly runtime: RuntimeName;
  readonly code: string;
  readonly limits?: TrialOptions["limits"];
  readonly network?: TrialOptions["network"];
}
export interface Report {
  readonly features: string[];
  readonly trials: Trial[];
}

// Runs programs one after another in bubblewrap: for a test that needs to be another user.
const orders = JSON.parse(process.argv[2]!) as Order[];
const t = await trials(bubblewrap);
const done: Trial[] = [];
for (const { runtime, code, limits, network } of orders)
  done.push(await t.run(runtime, code, { limits, network }));
await t.close();
process.stdout.write(JSON.stringify({ features: t.features, trials: done } satisfies Report));
