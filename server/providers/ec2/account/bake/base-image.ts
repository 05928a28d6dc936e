import {
  DescribeInstanceTypesCommand,
  paginateDescribeImages,
  type EC2Client,
  type Image,
  type _InstanceType,
} from "@aws-sdk/client-ec2";
import { imageFilters, imageSearch, type Architecture } from "../../image-search.ts";
import { BakeError } from "./bake-error.ts";

/** The image that a bake begins with. */
export interface BaseImage {
  id: string;
  name: string;
  rootDevice: string;
}

/** What the server launches today for `type` where its setting is `image`. Throws `BakeError`. */
export async function findBase(client: EC2Client, image: string, type: string): Promise<BaseImage> {
  const { InstanceTypes } = await client.send(
    new DescribeInstanceTypesCommand({ InstanceTypes: [type as _InstanceType] }),
  );
  const supported = InstanceTypes?.[0]?.ProcessorInfo?.SupportedArchitectures;
  const architecture: Architecture = supported?.includes("arm64") ? "arm64" : "x86_64";
  const search = imageSearch(image, architecture);
  if (!search) {
    throw new BakeError(
      `there is no image called ${image}`,
      "--image takes an image's id, the name of a family such as debian-13, or self:NAME",
    );
  }
  const query =
    "id" in search
      ? { ImageIds: [search.id] }
      : { Owners: [search.owner], Filters: imageFilters(search.name, architecture) };
  const found: Image[] = [];
  for await (const page of paginateDescribeImages({ client }, query)) {
    found.push(...(page.Images ?? []));
  }
  const newest = found
    .filter((one) => one.Architecture === architecture)
    .toSorted((a, b) => ((a.CreationDate ?? "") < (b.CreationDate ?? "") ? 1 : -1))[0];
  if (!newest?.ImageId || !newest.RootDeviceName) {
    throw new BakeError(
      `there is no image ${image} for ${architecture} in this region`,
      "name another with --image, such as debian-13",
    );
  }
  return { id: newest.ImageId, name: newest.Name ?? image, rootDevice: newest.RootDeviceName };
}
