import {
  DescribeImagesCommand,
  paginateDescribeImages,
  type EC2Client,
  type Image,
} from "@aws-sdk/client-ec2";
import { DeferredError } from "../../../protocol/deferred-error.ts";
import {
  IMAGE_FAMILIES,
  imageFilters,
  imageSearch,
  type Architecture,
  type ImageSearch,
} from "./image-search.ts";

/** The facts of an image that a launch needs. */
export interface FoundImage {
  id: string;
  name: string;
  rootDevice: string;
  /** Gigabytes of its root's snapshot: no disk that is made from it can be smaller. */
  diskGb: number;
}

/** The configured image does not exist. */
export class ImageError extends DeferredError {
  override readonly name = "ImageError";
  readonly architecture: Architecture;
  constructor(architecture: Architecture, message: string) {
    super("image_missing", message);
    this.architecture = architecture;
  }
}

const CACHED_MS = 60 * 60 * 1000;

function searchFor(image: string, architecture: Architecture, region: string): ImageSearch {
  const search = imageSearch(image, architecture, region);
  if (search) return search;
  throw new ImageError(
    architecture,
    `There is no image called "${image}": DEFERRED_EC2_AMI takes an image's id, ` +
      `self: and the name of one of your own, or one of ${IMAGE_FAMILIES.join(", ")}.`,
  );
}

/** Finds the newest image for an architecture. Cached for an hour, and longer while EC2 does not answer. */
export function createImages(
  client: EC2Client,
  { image, region, now }: { image: string; region: string; now: () => number },
) {
  const found = new Map<Architecture, { image: FoundImage; at: number }>();

  async function look(architecture: Architecture): Promise<FoundImage> {
    const search = searchFor(image, architecture, region);
    if ("id" in search) {
      const { Images = [] } = await client.send(
        new DescribeImagesCommand({ ImageIds: [search.id] }),
      );
      return toFound(Images[0], architecture, `EC2 does not know the image ${image}.`);
    }
    const images: Image[] = [];
    const pages = paginateDescribeImages(
      { client },
      {
        // Restricted to the owner, since anyone can publish an image with the same name.
        Owners: [search.owner],
        Filters: imageFilters(search.name, architecture),
      },
    );
    for await (const page of pages) images.push(...(page.Images ?? []));
    const byAge = images.toSorted((a, b) =>
      (a.CreationDate ?? "") < (b.CreationDate ?? "") ? -1 : 1,
    );
    return toFound(
      byAge.at(-1),
      architecture,
      `There is no image ${search.name} of ${search.owner} for ${architecture} in this region: ` +
        "DEFERRED_EC2_AMI takes an image's id as well, as in regions where its makers offer none.",
    );
  }

  return {
    async newest(architecture: Architecture): Promise<FoundImage> {
      const known = found.get(architecture);
      if (known && now() - known.at < CACHED_MS) return known.image;
      try {
        const newest = await look(architecture);
        found.set(architecture, { image: newest, at: now() });
        return newest;
      } catch (error) {
        if (known && !(error instanceof ImageError)) return known.image;
        throw error;
      }
    },

    /** Empties the cache; call it when EC2 no longer has an image. */
    forget: (): void => found.clear(),
  };
}

function toFound(
  image: Image | undefined,
  architecture: Architecture,
  otherwise: string,
): FoundImage {
  if (!image?.ImageId || !image.RootDeviceName) throw new ImageError(architecture, otherwise);
  const root = image.BlockDeviceMappings?.find((one) => one.DeviceName === image.RootDeviceName);
  return {
    id: image.ImageId,
    name: image.Name ?? "",
    rootDevice: image.RootDeviceName,
    diskGb: root?.Ebs?.VolumeSize ?? 0,
  };
}
