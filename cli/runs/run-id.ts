import type { Arguments } from "../command.ts";
import type { Client } from "../client.ts";

/** A run's id: as it is, or in the address of its page or of the run. Throws a usage error. */
export function runId(text: string, args: Arguments, client: Client): string {
  if (!/^https?:\/\//.test(text)) {
    if (/^[\w-]{16,64}$/.test(text)) return text;
    throw args.wrong(`"${text}" is no run's id: deferred ps --all lists them`);
  }
  // Another server knows other runs, and is not told this one's token.
  if (!text.startsWith(`${client.url}/`)) {
    throw args.wrong(`${text} is not at ${client.url}: set DEFERRED_URL to its server`);
  }
  const id = /\/runs\/([\w-]+)/.exec(new URL(text).pathname)?.[1];
  if (id === undefined) throw args.wrong(`${text} is no run's address`);
  return id;
}
