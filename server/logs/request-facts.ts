import { AsyncLocalStorage } from "node:async_hooks";

/** What lines of the log say of the request they belong to. */
export interface RequestFacts {
  request: string;
  /** The launch of the machine that calls. */
  machine?: string;
  run?: string;
  attempt?: number;
  project?: string;
}

const storage = new AsyncLocalStorage<RequestFacts>();

/** Calls `work` as part of a request, whose facts it and all that it awaits can read. */
export function withRequest<Result>(facts: RequestFacts, work: () => Result): Result {
  return storage.run(facts, work);
}

/** Those of the request under way; undefined outside of one. */
export function requestFacts(): Readonly<RequestFacts> | undefined {
  return storage.getStore();
}

/** Adds what became known of the request under way. */
export function learn(facts: Omit<RequestFacts, "request">): void {
  const known = storage.getStore();
  if (known) Object.assign(known, facts);
}
