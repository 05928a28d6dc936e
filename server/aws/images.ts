import { paginateDescribeImages, type Image } from "@aws-sdk/client-ec2";
import { hasCode } from "./call-error.ts";
import type { Clients } from "./clients.ts";
import type { TypeFacts } from "./launch-facts.ts";

export interface ImageFacts {
  id: string;
  name: string;
  owner: string;
  architecture: TypeFacts["architecture"];
}

const DEBIAN = "136693071363";
const CANONICAL = "099720109477";
/** Families of images: who publishes them, and how they are named for an architecture. */
const FAMILIES: Record<string, { owner: string; pattern: (architecture: string) => string }> = {
  "debian-12": { owner: DEBIAN, pattern: (arch) => `debian-12-${arch}-*` },
  "debian-13": { owner: DEBIAN, pattern: (arch) => `debian-13-${arch}-*` },
  "ubuntu-22.04": {
    owner: CANONICAL,
    pattern: (arch) => `ubuntu/images/hvm-ssd*/ubuntu-jammy-22.04-${arch}-server-*`,
  },
  "ubuntu-24.04": {
    owner: CANONICAL,
    pattern: (arch) => `ubuntu/images/hvm-ssd*/ubuntu-noble-24.04-${arch}-server-*`,
  },
};

/** The account that publishes what `setting` names; undefined where only AWS can tell. */
export function imageOwner(setting: string, account: string | undefined): string | undefined {
  return setting.startsWith("self:") ? account : FAMILIES[setting]?.owner;
}

/** The image a machine of `architecture` would start from today. */
export async function findImage(
  { ec2 }: Clients,
  setting: string,
  architecture: TypeFacts["architecture"],
): Promise<ImageFacts | undefined> {
  const query = queryFor(setting, architecture);
  if (query === undefined) return undefined;
  const found: Image[] = [];
  try {
    for await (const page of paginateDescribeImages({ client: ec2 }, query)) {
      found.push(...(page.Images ?? []));
    }
  } catch (error) {
    if (hasCode(error, "InvalidAMIID.NotFound", "InvalidAMIID.Malformed")) return undefined;
    throw error;
  }
  const [image] = found
    .filter((one) => one.Architecture === architecture)
    .toSorted((a, b) => ((a.CreationDate ?? "") < (b.CreationDate ?? "") ? 1 : -1));
  return (
    image && {
      id: image.ImageId ?? "",
      name: image.Name ?? "",
      owner: image.OwnerId ?? "",
      architecture,
    }
  );
}

function queryFor(setting: string, architecture: TypeFacts["architecture"]) {
  if (setting.startsWith("ami-")) return { ImageIds: [setting] };
  const short = architecture === "arm64" ? "arm64" : "amd64";
  const family = FAMILIES[setting];
  const isOwn = setting.startsWith("self:");
  if (!family && !isOwn) return undefined;
  return {
    Owners: [family?.owner ?? "self"],
    Filters: [
      { Name: "name", Values: [family?.pattern(short) ?? setting.slice("self:".length)] },
      { Name: "architecture", Values: [architecture] },
      { Name: "state", Values: ["available"] },
      { Name: "root-device-type", Values: ["ebs"] },
      { Name: "virtualization-type", Values: ["hvm"] },
    ],
  };
}
