export type Architecture = "x86_64" | "arm64";

/** The query for an image: its id, or the newest image of an owner by name. */
export type ImageSearch = { id: string } | { owner: string; name: string };

const DEBIAN = "136693071363";
/** Canonical's account in each partition. That of the European Sovereign Cloud is not known. */
const CANONICAL = { china: "837727238323", govCloud: "513442679011", elsewhere: "099720109477" };
/** Architectures in the vendors' terms. */
const NAMES = { x86_64: "amd64", arm64: "arm64" } as const;

/** Image families by name, with owner and name pattern. */
const FAMILIES: Record<string, (arch: string, region: string) => { owner: string; name: string }> =
  {
    "debian-12": (arch) => ({ owner: DEBIAN, name: `debian-12-${arch}-*` }),
    "debian-13": (arch) => ({ owner: DEBIAN, name: `debian-13-${arch}-*` }),
    "ubuntu-22.04": (arch, region) => ubuntu("jammy-22.04", arch, region),
    "ubuntu-24.04": (arch, region) => ubuntu("noble-24.04", arch, region),
  };

export const IMAGE_FAMILIES = Object.keys(FAMILIES);

function ubuntu(release: string, arch: string, region: string) {
  return {
    owner: canonicalIn(region),
    name: `ubuntu/images/hvm-ssd*/ubuntu-${release}-${arch}-server-*`,
  };
}

function canonicalIn(region: string): string {
  if (region.startsWith("cn-")) return CANONICAL.china;
  return region.startsWith("us-gov-") ? CANONICAL.govCloud : CANONICAL.elsewhere;
}

/** Parses the setting `image`: an id, a family's name, or `self:` and the name of an own image. */
export function imageSearch(
  image: string,
  architecture: Architecture,
  region = "",
): ImageSearch | undefined {
  if (image.startsWith("ami-")) return { id: image };
  if (image.startsWith("self:")) return { owner: "self", name: image.slice("self:".length) };
  return Object.hasOwn(FAMILIES, image)
    ? FAMILIES[image]?.(NAMES[architecture], region)
    : undefined;
}

/** Filters for a search by name. */
export function imageFilters(name: string, architecture: Architecture) {
  return [
    { Name: "name", Values: [name] },
    { Name: "architecture", Values: [architecture] },
    { Name: "state", Values: ["available"] },
    { Name: "root-device-type", Values: ["ebs"] },
    { Name: "virtualization-type", Values: ["hvm"] },
  ];
}
