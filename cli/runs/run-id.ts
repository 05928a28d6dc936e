import { usageError } from "../cli-error.ts";

/** A run's id: as it is, or the last part of the address of its page or of the run. */
export function runId(text: string, command: string): string {
  const id = /^https?:\/\//.test(text)
    ? /\/runs\/([\w-]+)/.exec(new URL(text).pathname)?.[1]
    : /^[\w-]{16,64}$/.exec(text)?.[0];
  if (id !== undefined) return id;
  throw usageError(`"${text}" is no run's id: deferred ps --all lists them`, command);
}
