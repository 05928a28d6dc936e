import { UsageError } from "../errors/cli-error.ts";

/** A run's id: given as it is, or in the address of the run or its page. Throws `UsageError`. */
export function readRunId(text: string, serverUrl: string): string {
  if (!/^https?:\/\//.test(text)) {
    if (/^[\w-]{16,64}$/.test(text)) return text;
    throw new UsageError(`"${text}" is no run's id: deferred ps --all lists them`);
  }
  // Another server knows other runs, and must not get this one's token.
  if (!text.startsWith(`${serverUrl}/`)) {
    throw new UsageError(`${text} is not at ${serverUrl}: set DEFERRED_URL to its server`);
  }
  const id = /\/runs\/([\w-]+)/.exec(new URL(text).pathname)?.[1];
  if (id === undefined) throw new UsageError(`${text} is no run's address`);
  return id;
}
