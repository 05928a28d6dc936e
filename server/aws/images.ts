import { paginateDescribeImages, type Image } from "@aws-sdk/client-ec2";
import { imageFilters, imageSearch, type Architecture } from "../compute/image-search.ts";
import { hasCode } from "./call-error.ts";
import type { Clients } from "./clients.ts";

export interface ImageFacts {
  id: string;
  name: string;
  owner: string;
  rootDevice: string;
  architecture: Architecture;
}

/** The account that publishes what `setting` names; undefined where only AWS can tell. */
export function imageOwner(setting: string, account: string | undefined): string | undefined {
  const search = imageSearch(setting, "x86_64");
  if (search === undefined || "id" in search) return undefined;
  return search.owner === "self" ? account : search.owner;
}

/** The image a machine of `architecture` would start from today. */
export async function findImage(
  { ec2 }: Clients,
  setting: string,
  architecture: Architecture,
): Promise<ImageFacts | undefined> {
  const search = imageSearch(setting, architecture);
  if (search === undefined) return undefined;
  const query =
    "id" in search
      ? { ImageIds: [search.id] }
      : { Owners: [search.owner], Filters: imageFilters(search.name, architecture) };
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
      rootDevice: image.RootDeviceName ?? "",
      architecture,
    }
  );
}
