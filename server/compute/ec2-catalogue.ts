import {
  DescribeInstanceTypesCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type _InstanceType,
} from "@aws-sdk/client-ec2";
import type { Logger } from "pino";
import { described } from "./ec2-errors.ts";
import { createImages, type FoundImage } from "./ec2-images.ts";
import type { Place } from "./ec2-offers.ts";
import type { Architecture } from "./image-search.ts";

export interface CatalogueOptions {
  image: string;
  subnets: readonly string[];
  log: Logger;
  now: () => number;
}

/** What EC2 says of the things that the settings name; each is asked for once. */
export function createCatalogue(client: EC2Client, options: CatalogueOptions) {
  const images = createImages(client, options.image, options.now);
  const architectures = new Map<string, Architecture>();
  let places: Place[] | undefined;

  async function architectureOf(type: string): Promise<Architecture> {
    const known = architectures.get(type);
    if (known) return known;
    const { InstanceTypes } = await client.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: [type as _InstanceType] }),
    );
    const supported = InstanceTypes?.[0]?.ProcessorInfo?.SupportedArchitectures;
    const architecture = supported?.includes("arm64") ? "arm64" : "x86_64";
    architectures.set(type, architecture);
    return architecture;
  }

  return {
    /** The image for machines of a type. */
    imageFor: async (type: string): Promise<FoundImage> =>
      images.newest(await architectureOf(type)),

    forgetImages: images.forget,

    /** The subnets with their zones, which are only there to be read: nobody waits for them twice. */
    async places(): Promise<Place[]> {
      if (places) return places;
      const SubnetIds = [...options.subnets];
      const unnamed = SubnetIds.map((subnetId) => ({ subnetId }));
      if (SubnetIds.length === 0) return unnamed;
      try {
        const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({ SubnetIds }));
        places = SubnetIds.map((subnetId) => {
          const zone = Subnets.find((one) => one.SubnetId === subnetId)?.AvailabilityZone;
          return { subnetId, ...(zone ? { zone } : {}) };
        });
        return places;
      } catch (error) {
        options.log.warn({ reason: described(error) }, "the zones of the subnets are not known");
        return unnamed;
      }
    },
  };
}
