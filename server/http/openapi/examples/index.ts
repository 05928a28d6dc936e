import { ACCOUNT_EXAMPLES } from "./accounts.ts";
import { BLOCK_EXAMPLES } from "./blocks.ts";
import type { CallExamples } from "./example.ts";
import { MACHINE_EXAMPLES } from "./machines.ts";
import { PROJECT_EXAMPLES } from "./projects.ts";
import { RESPONDER_EXAMPLES } from "./responders.ts";
import { RUN_EXAMPLES } from "./runs.ts";
import { WEBHOOK_EXAMPLES } from "./webhooks.ts";

const SERVER_EXAMPLES: CallExamples = {
  "GET /healthz": {},
  "GET /readyz": {},
  "GET /openapi.json": {},
  "GET /.well-known/jwks.json": {},
  "GET /metrics": {
    answer: "# TYPE deferred_runs_running gauge\ndeferred_runs_running 3\n",
  },
};

/** An example of every call, but for those whose addresses come signed. */
export const EXAMPLES: CallExamples = {
  ...RUN_EXAMPLES,
  ...BLOCK_EXAMPLES,
  ...PROJECT_EXAMPLES,
  ...ACCOUNT_EXAMPLES,
  ...WEBHOOK_EXAMPLES,
  ...MACHINE_EXAMPLES,
  ...RESPONDER_EXAMPLES,
  ...SERVER_EXAMPLES,
};
