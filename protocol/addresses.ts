import ipaddr from "ipaddr.js";

/** Azure's platform serves facts about the machine at this address, although the address looks public. */
const PLATFORM = "168.63.129.16";
/** Metadata services that are not link-local: EC2 and Google over IPv6, Oracle, Alibaba, Azure. */
const METADATA: readonly string[] = [
  "fd00:ec2::254",
  "fd20:ce::254",
  "192.0.0.192",
  "100.100.100.200",
  PLATFORM,
];
const PUBLIC_V6 = ipaddr.IPv6.parseCIDR("2000::/3");
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
/** Ranges without public servers: some lead back to this machine, link-local ones to its metadata. */
const NO_SERVERS = [
  ...["unspecified", "broadcast", "multicast", "linkLocal", "reserved"],
  // IPv4 inside IPv6, which a gateway unwraps.
  ...["rfc6145", "rfc6052", "6to4", "teredo"],
];

/** Whether `text` is an address of the public internet: not loopback, private, link-local or special. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv6) {
    // Behind NAT64 a name also has addresses of this form: the IPv4 address inside decides.
    if (address.match(NAT64)) return isPublicV4(new ipaddr.IPv4(address.toByteArray().slice(-4)));
    return address.match(PUBLIC_V6) && address.range() === "unicast";
  }
  return isPublicV4(address);
}

function isPublicV4(address: ipaddr.IPv4): boolean {
  return address.range() === "unicast" && address.toString() !== PLATFORM;
}

/** Whether connections to `text` are allowed where private addresses are: never for metadata services. */
export function isServerAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  return !NO_SERVERS.includes(address.range()) && !METADATA.includes(address.toString());
}

/** Whether the host of a URL or socket, a name or an address, is this machine's loopback interface. */
export function isLoopbackHost(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  if (address === "localhost") return true;
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback";
}
