import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";

/** Wherever it is asked from, Azure's platform answers there with what it knows of the machine. */
const PLATFORM = "168.63.129.16";
const PUBLIC_V6 = ipaddr.IPv6.parseCIDR("2000::/3");
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");

/** Whether an address is one of the public internet: not a loopback, private, link-local or special one. */
export function isPublic(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv6) {
    // Behind NAT64, names have such addresses beside their own: what counts is the one inside.
    if (address.match(NAT64)) return isPublicV4(new ipaddr.IPv4(address.toByteArray().slice(-4)));
    return address.match(PUBLIC_V6) && address.range() === "unicast";
  }
  return isPublicV4(address);
}

function isPublicV4(address: ipaddr.IPv4): boolean {
  return address.range() === "unicast" && address.toString() !== PLATFORM;
}

/** Every address of the host, as the system's resolver has them. */
export async function addressesOf(host: string): Promise<string[]> {
  const name = host.replace(/^\[|\]$/g, "");
  const found = await lookup(name, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}
