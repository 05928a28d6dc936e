import { lookup as dnsLookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import { isPublicAddress } from "../../protocol/addresses.ts";
import { ApiError } from "../../protocol/deferred-error.ts";

export interface AddressOptions {
  /** Whether loopback, private and link-local addresses are allowed. */
  allowPrivate: boolean;
  /** Resolves a name; absent: the system's resolver does. */
  lookup?: (name: string) => Promise<{ address: string }[]>;
}

/** Timeout of the look-up. The address is checked again when it is used. */
const LOOKUP_MS = 5000;
/** Names of this machine and its local network. */
const PRIVATE_NAMES = /(^|\.)(localhost|internal|local|localdomain|home\.arpa)$/;

/**
 * Throws `repository_refused` where the URL's host is, or resolves to, an address that is not public. An unknown
 * name passes: addresses are checked again when a connection is made.
 */
export async function checkAddress(url: string, options: AddressOptions): Promise<void> {
  await checkHost(new URL(url).hostname, options);
}

/** The same for a host: a name, or an address in any notation (IPv6 with or without brackets). */
export async function checkHost(
  host: string,
  { allowPrivate, lookup = (name) => dnsLookup(name, { all: true }) }: AddressOptions,
): Promise<void> {
  if (allowPrivate) return;
  const name = host
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.+$/, "")
    .toLowerCase();
  if (ipaddr.isValid(name)) {
    if (!isPublicAddress(name)) throw refused(`${host} is not a public address.`);
    return;
  }
  if (name === "" || PRIVATE_NAMES.test(name)) throw refused(`${host} is a name for this network.`);
  const timeOut = AbortSignal.timeout(LOOKUP_MS);
  const late = new Promise<{ address: string }[]>((resolve) =>
    timeOut.addEventListener("abort", () => resolve([])),
  );
  const addresses = await Promise.race([lookup(name).catch(() => []), late]);
  const inside = addresses.find(({ address }) => !isPublicAddress(address));
  if (inside) throw refused(`${host} has the address ${inside.address}, which is not public.`);
}

function refused(why: string): ApiError {
  const how = "The server's operator can allow private addresses with DEFERRED_ALLOW_PRIVATE=1.";
  return new ApiError("repository_refused", `${why} ${how}`);
}
