import { DeferredError } from "../../protocol/deferred-error.ts";
import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import { isHostAmong } from "../../protocol/network.ts";
import { isPublicAddress, isServerAddress } from "../../protocol/addresses.ts";
import { resolveHost } from "./resolve.ts";

const SMTP = 25;
/** The destination may not be reached from here. The message tells the client why. */
export class DestinationRefused extends DeferredError {
  override readonly name = "DestinationRefused";

  constructor(message: string) {
    super("destination_refused", message);
  }
}

export interface DestinationRules {
  /** The only hosts, as `isHostAmong` has it; undefined: any. */
  readonly hosts?: readonly string[] | undefined;
  /** Loopback and private addresses as well. */
  readonly allowPrivate: boolean;
  /** The responder's server, which commands may not reach. */
  readonly server?: { readonly host: string; readonly port: number } | undefined;
  readonly lookUp?: (host: string) => Promise<string[]>;
}

/** The rules for work of a responder of this server. */
export function rulesFor(
  serverUrl: string,
  allowPrivate: boolean,
): Pick<DestinationRules, "allowPrivate" | "server"> {
  const { hostname: host, port, protocol } = new URL(serverUrl);
  return {
    allowPrivate,
    server: { host, port: Number(port || (protocol === "https:" ? 443 : 80)) },
  };
}

/**
 * Resolves `host` to a checked address. The caller connects to this address and never resolves the name again: a name
 * can resolve to another address the next time (DNS rebinding). Throws `DestinationRefused`.
 */
export async function destination(
  host: string,
  port: number,
  { hosts, allowPrivate, server, lookUp = resolveHost }: DestinationRules,
): Promise<string> {
  if (hosts !== undefined && !isHostAmong(hosts, host)) {
    throw new DestinationRefused(
      `${host} is not among the hosts allowed here: ${hosts.join(", ")}`,
    );
  }
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new DestinationRefused(`${port} is no port`);
  }
  if (port === SMTP)
    throw new DestinationRefused("mail can't be sent from here: port 25 is closed");
  const addresses = await lookUp(host).catch(() => []);
  if (addresses.length === 0) throw new DestinationRefused(`there is no host ${host}`);
  for (const address of addresses) {
    if (!(allowPrivate ? isServerAddress(address) : isPublicAddress(address))) continue;
    if (port === server?.port && (await isServers(address, server.host, lookUp))) continue;
    return address;
  }
  throw new DestinationRefused(
    `${host} is at ${addresses.join(", ")}, which is not reached from here`,
  );
}

/** The server may share this machine: then any of its addresses reaches the server. */
async function isServers(
  address: string,
  host: string,
  lookUp: (host: string) => Promise<string[]>,
): Promise<boolean> {
  const own = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  const its = [...(await lookUp(host).catch(() => [])), ...own.map((one) => one.address)];
  const asked = ipaddr.process(address);
  return (
    asked.range() === "loopback" ||
    its.some((one) => ipaddr.isValid(one) && ipaddr.process(one).toString() === asked.toString())
  );
}
