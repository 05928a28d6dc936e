import { lookup } from "node:dns/promises";

/** All addresses of a host, as the system's resolver has them. Rejects where there is none. */
export async function resolveHost(host: string): Promise<string[]> {
  const name = host.replace(/^\[|\]$/g, "");
  const found = await lookup(name, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}
