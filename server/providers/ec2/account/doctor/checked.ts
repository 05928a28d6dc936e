import type { Clients } from "../clients.ts";
import type { Caller } from "../explain.ts";
import type { Target } from "../target.ts";

/** The account and the server that are checked. */
export interface Checked {
  clients: Clients;
  target: Target;
  account: string;
  caller: Caller;
  now: () => number;
}
