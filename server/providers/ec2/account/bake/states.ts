import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2ServiceException,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { setTimeout as sleep } from "node:timers/promises";
import { BakeError } from "./bake-error.ts";

// Replaces the SDK's waiters, which fail for a machine that is still pending (instance-stopped) or already stopping
// (instance-running), or that EC2 does not know yet (eventual consistency).

export interface Waiting {
  signal: AbortSignal;
  pollMs: number;
}

/** The set-up's own limit of 15 minutes, plus boot and shutdown. */
const SET_UP_MS = 25 * 60_000;
const COPY_MS = 60 * 60_000;

/** Waits until the machine has powered itself off. Throws `BakeError` if it fails. */
export async function untilStopped(client: EC2Client, id: string, waiting: Waiting): Promise<void> {
  await until(waiting, SET_UP_MS, `${id} does not come to an end`, async () => {
    const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const machine = Reservations?.[0]?.Instances?.[0];
    switch (machine?.State?.Name) {
      case "stopped":
        return true;
      case "shutting-down":
      case "terminated":
        throw new BakeError(
          `${id} was terminated: ${machine.StateReason?.Message ?? "EC2 does not say why"}`,
          "try again, or name another type with --type",
        );
      default:
        return false;
    }
  });
}

/** Waits until the image is available. Throws `BakeError` if it fails. */
export async function untilAvailable(
  client: EC2Client,
  id: string,
  waiting: Waiting,
): Promise<void> {
  await until(waiting, COPY_MS, `${id} is not available yet`, async () => {
    const { Images } = await client.send(new DescribeImagesCommand({ ImageIds: [id] }));
    const image = Images?.[0];
    switch (image?.State) {
      case "available":
        return true;
      case "failed":
      case "error":
      case "invalid":
      case "deregistered":
        throw new BakeError(
          `${id} is ${image.State}: ${image.StateReason?.Message ?? "EC2 does not say why"}`,
          "remove it, and try again",
        );
      default:
        return false;
    }
  });
}

async function until(
  { signal, pollMs }: Waiting,
  limitMs: number,
  otherwise: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isSo().catch(toFalseIfUnknown))) {
    if (performance.now() > end) throw new BakeError(otherwise, "look at it, and try again");
    await sleep(pollMs, undefined, { signal });
  }
}

/** Whether EC2 does not know a new resource yet (eventual consistency). */
export function isUnknownYet(error: unknown): boolean {
  return error instanceof EC2ServiceException && error.name.endsWith(".NotFound");
}

function toFalseIfUnknown(error: unknown): false {
  if (isUnknownYet(error)) return false;
  throw error;
}
