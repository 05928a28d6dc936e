import * as v from "valibot";

/** A host by its name, or with `*.` before it all its subdomains; in lower case, without a port. */
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HostSchema = v.pipe(
  v.string(),
  v.maxLength(253),
  v.regex(new RegExp(`^(?:\\*\\.)?(?:${LABEL}\\.)*${LABEL}$`), "it is not the name of a host"),
);
export const HostsSchema = v.pipe(v.array(HostSchema), v.minLength(1), v.maxLength(50));

/** The network of a program: nothing, every public address, or these hosts only where they are public. */
export const NetworkSchema = v.union([v.boolean(), HostsSchema]);
export type Network = v.InferOutput<typeof NetworkSchema>;

/** The network that a project allows its blocks. */
export const BlockNetworkSchema = v.union([v.picklist(["none", "any"]), HostsSchema]);
export type BlockNetwork = v.InferOutput<typeof BlockNetworkSchema>;

/** Whether `hosts` include `host`, which may be a pattern itself. */
export function isHostAmong(hosts: readonly string[], host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return hosts.some((one) =>
    one.startsWith("*.") ? name === one || name.endsWith(one.slice(1)) : name === one,
  );
}

/**
 * The network that a block gets of its project, given its request `asked`; where that is less than it
 * requires, a description of the allowed network. A block that asks for all public addresses accepts the
 * hosts that the project names.
 */
export function allowedNetwork(
  asked: Network,
  policy: BlockNetwork,
): { network: Network } | { refused: string } {
  if (asked === false || policy === "any") return { network: asked };
  if (policy === "none") return { refused: "The project lets them reach nothing." };
  if (asked === true) return { network: policy };
  const others = asked.filter((host) => !isHostAmong(policy, host));
  if (others.length === 0) return { network: asked };
  return {
    refused: `It asks for ${others.join(", ")}; the project lets them reach ${policy.join(", ")}.`,
  };
}

/** The network in words, for people who are about to run something. */
export function networkText(network: Network): string {
  if (network === false) return "nothing";
  return network === true ? "any public address" : network.join(", ");
}
