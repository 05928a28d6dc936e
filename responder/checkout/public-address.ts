import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";

/** Whether an address is one of the public internet: not a loopback, private, link-local or special one. */
export function isPublic(address: string): boolean {
  // `process` also unwraps IPv4 in IPv6. What is neither unicast nor named by a range is refused with the rest.
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast";
}

/** Every address of the host, as the system's resolver has them. */
export async function addressesOf(host: string): Promise<string[]> {
  const name = host.replace(/^\[|\]$/g, "");
  const found = await lookup(name, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}
