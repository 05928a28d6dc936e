import { AsyncLocalStorage } from "node:async_hooks";

/** Facts about the current request that are added to its log lines. */
export interface RequestFacts {
  request: string;
  /** The launch of the machine that calls. */
  machine?: string;
  run?: string;
  attempt?: number;
  project?: string;
}

const storage = new AsyncLocalStorage<RequestFacts>();

/** Calls `work` with the request's facts in asynchronous context: it and all that it awaits can read them. */
export function withRequest<Result>(facts: RequestFacts, work: () => Result): Result {
  return storage.run(facts, work);
}

/** The facts of the current request; undefined outside of a request. */
export function requestFacts(): Readonly<RequestFacts> | undefined {
  return storage.getStore();
}

/** Adds facts about the current request. */
export function learn(facts: Omit<RequestFacts, "request">): void {
  const known = storage.getStore();
  if (known) Object.assign(known, facts);
}
