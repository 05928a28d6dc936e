import type { MachineKinds } from "../provider.ts";
import { IMAGE_FAMILIES } from "./image-search.ts";
import type { Ec2Settings } from "./settings.ts";

const TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;

/** The kinds of machines on EC2. Whether EC2 has a type or an image shows only at a launch. */
export function ec2Kinds({ types, image, market, prices }: Ec2Settings): MachineKinds {
  return {
    defaults: { types, image, market },
    refuse(wish) {
      const wrong = wish.types?.find((type) => !TYPE.test(type));
      if (wrong !== undefined) return `EC2 has no type ${wrong}: types are like t3.small.`;
      if (wish.image === undefined || isImage(wish.image)) return undefined;
      return `There is no image ${wish.image}: it takes an image's id (ami-…), self: and the name of one of your own, or one of ${IMAGE_FAMILIES.join(", ")}.`;
    },
    // Not the on-demand price for a spot machine: it may be three times as high.
    price: (type, of) => prices.get(of === "spot" ? `spot:${type}` : type),
  };
}

function isImage(name: string): boolean {
  return /^(ami-[0-9a-f]{8,17}|self:.+)$/.test(name) || IMAGE_FAMILIES.includes(name);
}
