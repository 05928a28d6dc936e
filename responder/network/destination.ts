import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import { isHostAmong } from "../../protocol/network.ts";
import { isPublicAddress, isServerAddress } from "../../protocol/addresses.ts";
import { resolveHost } from "./resolve.ts";

const SMTP = 25;
/** What is asked for may not be reached from here. The message says why, to whoever asked. */
export class DestinationRefused extends Error {
  override readonly name = "DestinationRefused";
}

export interface DestinationRules {
  /** The only hosts, as `isHostAmong` has it; undefined: any. */
  readonly hosts?: readonly string[] | undefined;
  /** Loopback and private addresses as well. */
  readonly allowPrivate: boolean;
  /** The server of this responder, which commands have no business with. */
  readonly server?: { readonly host: string; readonly port: number } | undefined;
  readonly lookUp?: (host: string) => Promise<string[]>;
}

/** The rules for what a responder of this server executes. */
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
 * The address to connect to for `host`: it was checked, so nothing must look the name up again. Throws
 * `DestinationRefused`.
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

/** On a machine that the server shares with us, each of the machine's addresses may be the server's. */
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
