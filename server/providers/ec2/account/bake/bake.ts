import {
  CreateImageCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type ResourceType,
  type TagSpecification,
  type _InstanceType,
} from "@aws-sdk/client-ec2";
import { randomUUID } from "node:crypto";
import type { Ec2Settings } from "../../settings.ts";
import type { FoundImage } from "../../images.ts";
import { TAGS } from "../../requests.ts";
import { findBase } from "./base-image.ts";
import { asBakeError, BakeError } from "./bake-error.ts";
import { checkConsole } from "./console-output.ts";
import { isUnknownYet, untilAvailable, untilStopped } from "./states.ts";
import { retryWhile } from "../../retry.ts";

export interface BakeOptions {
  ec2: Ec2Settings;
  /** The server's address: machines and images are tagged with it. */
  url: string;
  userData: string;
  /** Called with a line about each step. */
  tell: (line: string) => void;
  signal: AbortSignal;
  now?: () => Date;
  /** Milliseconds between two looks at a state. */
  pollMs?: number;
}

/** Eventual consistency: EC2 may not know a new machine for this long. */
const KNOWN_WITHIN_MS = 60_000;

/**
 * Makes an image on which a machine's set-up is done, from the image the server launches, encrypted as its
 * machines' disks are. Leaves no machine, whatever happens. Throws `BakeError`.
 */
export async function bake(options: BakeOptions): Promise<{ image: string; name: string }> {
  const { ec2, tell, signal, now = () => new Date(), pollMs = 5_000 } = options;
  const region = ec2.region ?? "";
  const client = new EC2Client({
    region,
    maxAttempts: 5,
    ...(ec2.endpoint === undefined ? {} : { endpoint: ec2.endpoint }),
  });
  let machine: string | undefined;
  try {
    const type = ec2.types[0] ?? "";
    const base = await findBase(client, { region, image: ec2.image, type });
    signal.throwIfAborted();
    machine = await start(client, base, options);
    tell(`${machine} sets itself up from ${base.name} (${base.id}), which takes some minutes`);
    await untilStopped(client, machine, { signal, pollMs });
    await checkConsole(client, machine, { signal, pollMs });

    const name = `deferred-${now()
      .toISOString()
      .replace(/[-:]|\..*/g, "")
      .replace("T", "-")}`;
    const { ImageId: image } = await client.send(
      new CreateImageCommand({
        InstanceId: machine,
        Name: name,
        TagSpecifications: tagged(["image", "snapshot"], options.url, name),
      }),
    );
    if (!image) throw new BakeError("EC2 named no image", "look at the region's images");
    tell(`${image} is copied from its disk`);
    await untilAvailable(client, image, { signal, pollMs });
    return { image, name };
  } catch (error) {
    throw asBakeError(error);
  } finally {
    if (machine !== undefined) await terminate(client, machine, { tell, pollMs });
    client.destroy();
  }
}

async function start(client: EC2Client, base: FoundImage, options: BakeOptions): Promise<string> {
  const { ec2, url, userData } = options;
  const [SubnetId] = ec2.subnets;
  const { Instances } = await client.send(
    new RunInstancesCommand({
      ClientToken: randomUUID(),
      MinCount: 1,
      MaxCount: 1,
      ImageId: base.id,
      InstanceType: ec2.types[0] as _InstanceType,
      UserData: Buffer.from(userData).toString("base64"),
      // The machine powers itself off when it is done, and the image is made from its disk.
      InstanceInitiatedShutdownBehavior: "stop",
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [
        {
          DeviceName: base.rootDevice,
          // With the same key as launches, which would otherwise re-encrypt the disk each time.
          Ebs: { VolumeType: "gp3", Encrypted: true, DeleteOnTermination: true },
        },
      ],
      ...(SubnetId ? { SubnetId } : {}),
      ...(ec2.launchTemplate
        ? {
            LaunchTemplate: {
              LaunchTemplateId: ec2.launchTemplate.id,
              Version: ec2.launchTemplate.version,
            },
          }
        : ec2.securityGroup
          ? { SecurityGroupIds: [ec2.securityGroup] }
          : {}),
      TagSpecifications: tagged(["instance", "volume"], url, "deferred bake"),
    }),
  );
  const id = Instances?.[0]?.InstanceId;
  if (!id) throw new BakeError("EC2 started no machine", "try again");
  return id;
}

async function terminate(
  client: EC2Client,
  id: string,
  { tell, pollMs }: Required<Pick<BakeOptions, "tell" | "pollMs">>,
): Promise<void> {
  const command = new TerminateInstancesCommand({ InstanceIds: [id] });
  const pace = { firstMs: pollMs, maxMs: pollMs, limitMs: KNOWN_WITHIN_MS };
  try {
    await retryWhile(() => client.send(command), isUnknownYet, pace);
  } catch (error) {
    tell(`${id} is still there, and costs: terminate it (${String(error)})`);
  }
}

function tagged(kinds: ResourceType[], url: string, name: string): TagSpecification[] {
  const Tags = [
    { Key: "Name", Value: name },
    { Key: TAGS.owner, Value: url.slice(0, 256) },
  ];
  return kinds.map((kind) => ({ ResourceType: kind, Tags }));
}
