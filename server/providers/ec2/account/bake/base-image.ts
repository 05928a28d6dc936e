import type { EC2Client } from "@aws-sdk/client-ec2";
import { createCatalogue } from "../../catalogue.ts";
import { ImageError, type FoundImage } from "../../images.ts";
import { BakeError } from "./bake-error.ts";

/** The image that the server launches today for `type`, where its setting is `image`. Throws `BakeError`. */
export async function findBase(
  client: EC2Client,
  { region, image, type }: { region: string; image: string; type: string },
): Promise<FoundImage> {
  const catalogue = createCatalogue(client, { region, image, subnets: [], now: Date.now });
  try {
    return (await catalogue.forType(type)).image;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new BakeError(
      `there is no image ${image} for ${error.architecture} in this region`,
      "name another with --image, such as debian-13",
    );
  }
}
