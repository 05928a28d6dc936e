import {
  DescribeImagesCommand,
  paginateDescribeImages,
  type EC2Client,
  type Image,
} from "@aws-sdk/client-ec2";

export type Architecture = "x86_64" | "arm64";

/** An image as a launch needs to know it. */
export interface FoundImage {
  id: string;
  rootDevice: string;
}

/** An image was asked for that is not there. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}

const DEBIAN = "136693071363";
const CANONICAL = "099720109477";
/** As their makers call architectures. */
const NAMES = { x86_64: "amd64", arm64: "arm64" } as const;
const CACHED_MS = 60 * 60 * 1000;

/** Image families by name: who makes them and how they name each. */
const FAMILIES: Record<string, (arch: string) => { owner: string; name: string }> = {
  "debian-12": (arch) => ({ owner: DEBIAN, name: `debian-12-${arch}-*` }),
  "debian-13": (arch) => ({ owner: DEBIAN, name: `debian-13-${arch}-*` }),
  "ubuntu-22.04": (arch) => ubuntu("jammy-22.04", arch),
  "ubuntu-24.04": (arch) => ubuntu("noble-24.04", arch),
};

function ubuntu(release: string, arch: string) {
  return {
    owner: CANONICAL,
    name: `ubuntu/images/hvm-ssd*/ubuntu-${release}-${arch}-server-*`,
  };
}

/** Where to look for `image`: an id, a family's name, or `self:` and the name of one's own. */
function searchFor(
  image: string,
  architecture: Architecture,
): { id: string } | { owner: string; name: string } {
  if (image.startsWith("ami-")) return { id: image };
  if (image.startsWith("self:")) return { owner: "self", name: image.slice("self:".length) };
  const family = Object.hasOwn(FAMILIES, image) ? FAMILIES[image] : undefined;
  if (family) return family(NAMES[architecture]);
  throw new ImageError(
    `There is no image called "${image}": DEFERRED_EC2_AMI takes an image's id, ` +
      `self: and the name of one of your own, or one of ${Object.keys(FAMILIES).join(", ")}.`,
  );
}

/**
 * Finds the image to launch for an architecture, the newest where a name has several. What was found
 * holds for an hour, and longer while EC2 can't be asked.
 */
export function createImages(client: EC2Client, image: string, now: () => number) {
  const found = new Map<Architecture, { image: FoundImage; at: number }>();

  async function look(architecture: Architecture): Promise<FoundImage> {
    const search = searchFor(image, architecture);
    if ("id" in search) {
      const { Images = [] } = await client.send(
        new DescribeImagesCommand({ ImageIds: [search.id] }),
      );
      return toFound(Images[0], `EC2 does not know the image ${image}.`);
    }
    const images: Image[] = [];
    const pages = paginateDescribeImages(
      { client },
      {
        // By whoever makes them: a name alone can be taken by anybody.
        Owners: [search.owner],
        Filters: [
          { Name: "name", Values: [search.name] },
          { Name: "architecture", Values: [architecture] },
          { Name: "state", Values: ["available"] },
          { Name: "root-device-type", Values: ["ebs"] },
          { Name: "virtualization-type", Values: ["hvm"] },
        ],
      },
    );
    for await (const page of pages) images.push(...(page.Images ?? []));
    const byAge = images.toSorted((a, b) =>
      (a.CreationDate ?? "") < (b.CreationDate ?? "") ? -1 : 1,
    );
    return toFound(
      byAge.at(-1),
      `There is no image ${search.name} of ${search.owner} for ${architecture} in this region.`,
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

    /** EC2 does not have it any more. */
    forget: (): void => found.clear(),
  };
}

function toFound(image: Image | undefined, otherwise: string): FoundImage {
  if (!image?.ImageId || !image.RootDeviceName) throw new ImageError(otherwise);
  return { id: image.ImageId, rootDevice: image.RootDeviceName };
}
