import {
  DescribeInstancesCommand,
  paginateDescribeInstances,
  type EC2Client,
  type Filter,
  type Instance,
  type InstanceStateName,
} from "@aws-sdk/client-ec2";
import { DeferredError } from "../../../protocol/deferred-error.ts";
import type { LaunchedMachine } from "../compute.ts";
import { codeOf, verdictOf } from "./errors.ts";
import { retryWhile, type Pace } from "./retry.ts";
import { TAGS } from "./requests.ts";

/** Eventual consistency: the next call may not know a new machine. */
const KNOWN_WITHIN_MS = 60_000;

const EXISTS: InstanceStateName[] = ["pending", "running", "stopping", "stopped"];
/** States of ended machines, which EC2 lists for about an hour. */
const OVER: InstanceStateName[] = ["shutting-down", "terminated"];

/** A machine stayed in a transitional state beyond the limit. */
export class StaysError extends DeferredError {
  override readonly name = "StaysError";
  constructor(message: string) {
    super("machine_stuck", message);
  }
}

/** The facts of an instance that the fleet records; undefined where EC2 named none. */
export function launchedMachine(instance: Instance | undefined): LaunchedMachine | undefined {
  const { InstanceId: providerId, ImageId: image, Placement } = instance ?? {};
  const zone = Placement?.AvailabilityZone;
  return providerId === undefined
    ? undefined
    : { providerId, ...(zone && { zone }), ...(image && { image }) };
}

export interface Ec2InstancesOptions {
  fleetId: string;
  pace: Pace;
  now: () => number;
}

/** The fleet's instances. EC2 is eventually consistent: new ones may be missing for a while. */
export function createEc2Instances(client: EC2Client, { fleetId, pace, now }: Ec2InstancesOptions) {
  /** Launch times of machines that EC2 may not know yet. */
  const launched = new Map<string, number>();

  const again = (error: unknown) => verdictOf(error).do === "again";
  const ask = <Value>(request: () => Promise<Value>) => retryWhile(request, again, pace);

  function noteLaunch(id: string): void {
    for (const [old, at] of launched) if (now() - at > KNOWN_WITHIN_MS) launched.delete(old);
    launched.set(id, now());
  }

  /** Whether EC2 does not know a machine that is no longer new. */
  function isGone(error: unknown, id: string): boolean {
    if (codeOf(error) !== "InvalidInstanceID.NotFound") return false;
    const at = launched.get(id);
    return at === undefined || now() - at >= KNOWN_WITHIN_MS;
  }

  /** Retries a request while EC2 fails or does not know the machine yet; undefined where it is gone. */
  async function withMachine<Value>(
    id: string,
    request: () => Promise<Value>,
  ): Promise<Value | undefined> {
    const notYetKnown = (error: unknown) =>
      codeOf(error) === "InvalidInstanceID.NotFound" && !isGone(error, id);
    try {
      return await retryWhile(request, (error) => again(error) || notYetKnown(error), pace);
    } catch (error) {
      if (isGone(error, id)) return undefined;
      throw error;
    }
  }

  async function describe(id: string): Promise<Instance | undefined> {
    const command = new DescribeInstancesCommand({ InstanceIds: [id] });
    const answer = await withMachine(id, () => client.send(command));
    return answer?.Reservations?.[0]?.Instances?.[0];
  }

  async function describeAll(states: InstanceStateName[], filters: Filter[]): Promise<Instance[]> {
    const Filters = [
      { Name: `tag:${TAGS.fleet}`, Values: [fleetId] },
      { Name: "instance-state-name", Values: states },
      ...filters,
    ];
    return ask(async () => {
      const instances: Instance[] = [];
      for await (const page of paginateDescribeInstances({ client, pageSize: 1000 }, { Filters })) {
        instances.push(...(page.Reservations ?? []).flatMap((one) => one.Instances ?? []));
      }
      return instances;
    });
  }

  /** Waits for the end of a transitional state; resolves with the next one. Throws `StaysError`. */
  async function settled(
    id: string,
    passing: InstanceStateName,
    withinMs: number,
  ): Promise<InstanceStateName> {
    const wait: Pace = { ...pace, limitMs: withinMs };
    const passes = new StaysError(`Machine ${id} stays ${passing}.`);
    return retryWhile(
      async () => {
        const state = (await describe(id))?.State?.Name ?? "terminated";
        if (state === passing) throw passes;
        return state;
      },
      (error) => error === passes,
      wait,
    );
  }

  /** The machine of an earlier request with the same token, which EC2 may list late. */
  async function earlier(token: string, withinMs: number): Promise<LaunchedMachine | undefined> {
    const missing = new Error(`EC2 shows no machine for the token ${token}.`);
    try {
      return await retryWhile(
        async () => {
          const [found] = await describeAll(EXISTS, [{ Name: "client-token", Values: [token] }]);
          const launched = found && launchedMachine(found);
          if (!launched) throw missing;
          return launched;
        },
        (error) => error === missing,
        { ...pace, limitMs: withinMs },
      );
    } catch (error) {
      if (error === missing) return undefined;
      throw error;
    }
  }

  return {
    again,
    ask,
    withMachine,
    all: () => describeAll([...EXISTS, ...OVER], []),
    earlier,
    settled,
    noteLaunch,
  };
}
