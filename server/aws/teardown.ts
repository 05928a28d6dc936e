import {
  DeleteSecurityGroupCommand,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
} from "@aws-sdk/client-s3";
import { bucketOf, findBucket, isNotImplemented } from "./bucket.ts";
import { hasCode } from "./call-error.ts";
import type { Clients } from "./clients.ts";
import { findGroup } from "./network.ts";
import type { Sleep } from "./patience.ts";
import { Refusal } from "./refusal.ts";
import { FLEET_TAG, OWNER_TAG } from "./tags.ts";
import type { Target } from "./target.ts";

export interface Removal {
  what: string;
  run(): Promise<void>;
}

export interface Removals {
  removals: Removal[];
  /** What stays, and why. */
  stays: string[];
  /** Whether files go with the bucket, for good. */
  losesFiles: boolean;
}

export interface TeardownOptions {
  account: string | undefined;
  deleteResults: boolean;
  sleep: Sleep;
}

const WAIT_MS = 2000;
/** Machines take up to some minutes until they are gone, and so does what hangs on them. */
const WAITS = 150;

/** What was made for this server, in the order in which it can go. */
export async function teardownSteps(
  clients: Clients,
  target: Target,
  options: TeardownOptions,
): Promise<Removals> {
  const removals: Removal[] = [];
  const stays: string[] = [];

  if (target.uses.ec2) await planFleet(clients, target, options, { removals, stays });
  const losesFiles =
    target.uses.s3 && (await planBucket(clients, target, options, { removals, stays }));
  return { removals, stays, losesFiles };
}

type Found = Pick<Removals, "removals" | "stays">;

async function planFleet(
  clients: Clients,
  target: Target,
  { sleep }: TeardownOptions,
  { removals, stays }: Found,
): Promise<void> {
  const machines = await machinesOf(clients, target);
  if (machines.length > 0) {
    removals.push({
      what: `${machines.length} machine${machines.length === 1 ? "" : "s"}: ${machines.join(", ")}`,
      run: () => terminate(clients, target, machines, sleep),
    });
  }
  const unnamed = { ...target, ec2: { ...target.ec2, securityGroup: "" } };
  const group = await findGroup(clients, unnamed);
  if (group) {
    removals.push({
      what: `security group ${group.id}`,
      run: () => removeGroup(clients, group.id, sleep),
    });
  }
  const named = target.ec2.securityGroup;
  if (named !== "" && named !== group?.id) {
    stays.push(`security group ${named}: setup did not make it`);
  }
}

/** Whether files go. */
async function planBucket(
  clients: Clients,
  target: Target,
  options: TeardownOptions,
  { removals, stays }: Found,
): Promise<boolean> {
  const name = `bucket ${target.bucket}`;
  const bucket = await findBucket(clients, target, options);
  if (bucket.whose === "nobody") return false;
  if (bucket.whose === "others") {
    stays.push(`${name}: ${bucket.why}`);
    return false;
  }
  if (!bucket.tagged) {
    stays.push(`${name}: it is not marked as made for ${target.url}`);
    return false;
  }
  if (!options.deleteResults) {
    stays.push(`${name}: it holds results; --delete-results removes it with all of them`);
    return false;
  }
  removals.push({
    what: `${name}, with every file in it`,
    run: () => removeBucket(clients, target, options.account),
  });
  return true;
}

async function machinesOf({ ec2 }: Clients, target: Target): Promise<string[]> {
  const Filters = [
    { Name: `tag:${OWNER_TAG}`, Values: [target.url] },
    { Name: "tag-key", Values: [FLEET_TAG] },
    { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
  ];
  const found: string[] = [];
  for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    for (const { Instances = [] } of page.Reservations ?? []) {
      found.push(...Instances.flatMap(({ InstanceId }) => InstanceId ?? []));
    }
  }
  return found;
}

async function terminate(
  clients: Clients,
  target: Target,
  InstanceIds: string[],
  sleep: Sleep,
): Promise<void> {
  await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
  for (let waited = 0; waited < WAITS; waited++) {
    if ((await machinesOf(clients, target)).length === 0) return;
    await sleep(WAIT_MS);
  }
  throw new Refusal(
    "the machines are still there after five minutes",
    "run this again; a server that still runs starts new ones: stop it first",
  );
}

async function removeGroup({ ec2 }: Clients, GroupId: string, sleep: Sleep): Promise<void> {
  for (let waited = 0; waited < WAITS; waited++) {
    try {
      await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
      return;
    } catch (error) {
      if (hasCode(error, "InvalidGroup.NotFound", "InvalidGroupId.NotFound")) return;
      if (!hasCode(error, "DependencyViolation", "InvalidGroup.InUse")) throw error;
    }
    await sleep(WAIT_MS);
  }
  throw new Refusal(
    `the security group ${GroupId} is still used by something that is not the fleet's`,
    `aws ec2 describe-network-interfaces --filters Name=group-id,Values=${GroupId} shows by what`,
  );
}

async function removeBucket(
  clients: Clients,
  target: Target,
  account: string | undefined,
): Promise<void> {
  const bucket = bucketOf(target, account);
  for (;;) {
    const found = await someFiles(clients, target, bucket);
    if (found.length === 0) break;
    await Promise.all(
      found.map((file) => clients.s3.send(new DeleteObjectCommand({ ...bucket, ...file }))),
    );
  }
  await clients.s3.send(new DeleteBucketCommand(bucket));
}

/** Up to a few hundred of what is left; of a bucket that keeps versions, every one of them. */
async function someFiles({ s3 }: Clients, target: Target, bucket: ReturnType<typeof bucketOf>) {
  const asked = { ...bucket, MaxKeys: 200 };
  try {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(
      new ListObjectVersionsCommand(asked),
    );
    return [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
  } catch (error) {
    if (!isNotImplemented(error, target)) throw error;
  }
  const { Contents = [] } = await s3.send(new ListObjectsV2Command(asked));
  return Contents.map(({ Key }) => ({ Key }));
}
