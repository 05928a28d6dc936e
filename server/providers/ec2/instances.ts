import {
  DescribeInstancesCommand,
  GetConsoleOutputCommand,
  paginateDescribeInstances,
  type EC2Client,
  type Filter,
  type Instance,
  type InstanceStateName,
} from "@aws-sdk/client-ec2";
import { DeferredError } from "../../../protocol/deferred-error.ts";
import { codeOf, verdictOf } from "./errors.ts";
import { lastLineOf } from "./console.ts";
import { patiently, type Pace } from "./patience.ts";
import { TAGS } from "./requests.ts";

/** A machine that was just launched may not be known to the next call. */
const KNOWN_WITHIN_MS = 60_000;
const CONSOLE_WITHIN_MS = 5000;

const EXISTS: InstanceStateName[] = ["pending", "running", "stopping", "stopped"];
/** Described for about an hour. */
const OVER: InstanceStateName[] = ["shutting-down", "terminated"];

/** A machine stayed in a state that passes, for as long as it was waited for. */
export class StaysError extends DeferredError {
  override readonly name = "StaysError";
  constructor(message: string) {
    super("machine_stuck", message);
  }
}

export interface Ec2InstancesOptions {
  fleetId: string;
  pace: Pace;
  now: () => number;
}

/** The fleet's instances as EC2 shows them: late, in pages, and now and then not at all. */
export function createEc2Instances(client: EC2Client, { fleetId, pace, now }: Ec2InstancesOptions) {
  /** When a machine was launched here, for as long as EC2 may not know it. */
  const launched = new Map<string, number>();

  const again = (error: unknown) => verdictOf(error).do === "again";
  const ask = <Value>(request: () => Promise<Value>) => patiently(request, again, pace);

  function noteLaunch(id: string): void {
    for (const [old, at] of launched) if (now() - at > KNOWN_WITHIN_MS) launched.delete(old);
    launched.set(id, now());
  }

  /** Whether EC2 does not know a machine, which means nothing as long as it is new. */
  function isGone(error: unknown, id: string): boolean {
    if (codeOf(error) !== "InvalidInstanceID.NotFound") return false;
    const at = launched.get(id);
    return at === undefined || now() - at >= KNOWN_WITHIN_MS;
  }

  /** Does something with a machine, again while EC2 fails or does not know it yet; undefined where it is gone. */
  async function withMachine<Value>(
    id: string,
    request: () => Promise<Value>,
  ): Promise<Value | undefined> {
    const notYetKnown = (error: unknown) =>
      codeOf(error) === "InvalidInstanceID.NotFound" && !isGone(error, id);
    try {
      return await patiently(request, (error) => again(error) || notYetKnown(error), pace);
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

  /** Waits while the machine is in a state that passes; resolves with the one that it reached. Throws `StaysError`. */
  async function settled(
    id: string,
    passing: InstanceStateName,
    withinMs: number,
  ): Promise<InstanceStateName> {
    const wait: Pace = { ...pace, limitMs: withinMs };
    const passes = new StaysError(`Machine ${id} stays ${passing}.`);
    return patiently(
      async () => {
        const state = (await describe(id))?.State?.Name ?? "terminated";
        if (state === passing) throw passes;
        return state;
      },
      (error) => error === passes,
      wait,
    );
  }

  /** The machine that earlier requests with the same token led to, which may not be shown at once. */
  async function earlier(token: string, withinMs: number): Promise<string | undefined> {
    const missing = new Error(`EC2 shows no machine for the token ${token}.`);
    try {
      return await patiently(
        async () => {
          const [found] = await describeAll(EXISTS, [{ Name: "client-token", Values: [token] }]);
          if (!found?.InstanceId) throw missing;
          return found.InstanceId;
        },
        (error) => error === missing,
        { ...pace, limitMs: withinMs },
      );
    } catch (error) {
      if (error === missing) return undefined;
      throw error;
    }
  }

  /** Types that are not built on Nitro have no console of this moment, only one of a while ago. */
  async function lastConsoleLine(id: string): Promise<string | undefined> {
    const read = async (Latest: boolean) => {
      const command = new GetConsoleOutputCommand({
        InstanceId: id,
        ...(Latest ? { Latest } : {}),
      });
      const abortSignal = AbortSignal.timeout(CONSOLE_WITHIN_MS);
      return (await client.send(command, { abortSignal })).Output ?? "";
    };
    const output = await read(true).catch((error: unknown) => {
      if (codeOf(error) === "UnsupportedOperation") return read(false);
      throw error;
    });
    return lastLineOf(Buffer.from(output, "base64").toString());
  }

  return {
    again,
    ask,
    withMachine,
    all: () => describeAll([...EXISTS, ...OVER], []),
    lastConsoleLine,
    earlier,
    settled,
    noteLaunch,
  };
}
