import {
  DescribeInstanceTypesCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type Subnet,
  type _InstanceType,
} from "@aws-sdk/client-ec2";
import type { Logger } from "pino";
import { described } from "./errors.ts";
import { createImages, type FoundImage } from "./images.ts";
import type { Ec2Subnet } from "./offers.ts";
import type { Architecture } from "./image-search.ts";

export interface CatalogueOptions {
  region: string;
  image: string;
  subnets: readonly string[];
  /** Absent: nothing is logged. */
  log?: Logger;
  now: () => number;
}

interface TypeFacts {
  architecture: Architecture;
  /** Whether it has burstable performance (CPU credits). */
  burstable: boolean;
}

/** EC2's facts about the configured types, images and subnets; each is requested once. */
export function createCatalogue(client: EC2Client, options: CatalogueOptions) {
  const images = new Map<string, ReturnType<typeof createImages>>();
  const imagesOf = (image: string) => {
    const known = images.get(image) ?? createImages(client, { ...options, image });
    images.set(image, known);
    return known;
  };
  const types = new Map<string, TypeFacts>();
  let places: Ec2Subnet[] | undefined;

  async function factsOf(type: string): Promise<TypeFacts> {
    const known = types.get(type);
    if (known) return known;
    const { InstanceTypes } = await client.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: [type as _InstanceType] }),
    );
    const supported = InstanceTypes?.[0]?.ProcessorInfo?.SupportedArchitectures;
    const facts: TypeFacts = {
      architecture: supported?.includes("arm64") ? "arm64" : "x86_64",
      burstable: InstanceTypes?.[0]?.BurstablePerformanceSupported === true,
    };
    types.set(type, facts);
    return facts;
  }

  return {
    /** The image for machines of a type, by default the configured one, and whether the type is burstable. */
    async forType(
      type: string,
      image = options.image,
    ): Promise<{ image: FoundImage; burstable: boolean }> {
      const { architecture, burstable } = await factsOf(type);
      return { image: await imagesOf(image).newest(architecture), burstable };
    },

    forgetImages(): void {
      for (const found of images.values()) found.forget();
    },

    /** The subnets with their zones; without zones if EC2 does not answer, since they only label offers. */
    async places(): Promise<Ec2Subnet[]> {
      if (places) return places;
      const SubnetIds = [...options.subnets];
      const unnamed = SubnetIds.map((subnetId) => ({ subnetId }));
      if (SubnetIds.length === 0) return unnamed;
      try {
        const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({ SubnetIds }));
        places = SubnetIds.map((subnetId) => {
          const subnet = Subnets.find((one) => one.SubnetId === subnetId);
          const zone = subnet?.AvailabilityZone;
          return { subnetId, ...(zone ? { zone } : {}), ...(hasIpv6(subnet) && { ipv6: true }) };
        });
        return places;
      } catch (error) {
        options.log?.warn({ reason: described(error) }, "the zones of the subnets are not known");
        return unnamed;
      }
    },
  };
}

function hasIpv6(subnet: Subnet | undefined): boolean {
  const blocks = subnet?.Ipv6CidrBlockAssociationSet ?? [];
  const states = blocks.map((block) => block.Ipv6CidrBlockState?.State);
  return subnet?.Ipv6Native === true || states.includes("associated");
}
