import {
  EC2Client,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
} from "@aws-sdk/client-ec2";
import { LaunchError, type Compute, type ProvidedMachine } from "../compute.ts";
import { createCatalogue } from "./catalogue.ts";
import { codeOf, described, verdictOf } from "./errors.ts";
import { readLastConsoleLine } from "./console.ts";
import { createEc2Instances, StaysError } from "./instances.ts";
import { createLaunch } from "./launch.ts";
import type { Ec2ComputeOptions } from "./options.ts";
import { retryWhile, type Pace } from "./retry.ts";
import { settingsDigest, TAGS } from "./requests.ts";
import { endOf } from "./state-reason.ts";

const PACE: Pace = { firstMs: 250, maxMs: 5000, limitMs: 60_000 };
/** Stopping mostly takes 10 to 60 s, during upgrades minutes. After this time a new launch is faster. */
const STOPPING_MS = 15_000;
/** Maximum wait for a pending machine, which can't be stopped before it runs. */
const PENDING_MS = 5 * 60_000;

/** Machines on EC2. No state is kept here: tags identify the fleet's machines. */
export function createEc2Compute(options: Ec2ComputeOptions): Compute {
  const { lifecycle } = options;
  const now = options.now ?? Date.now;
  const pace = { ...PACE, ...options.pace };
  const client = new EC2Client({
    region: options.region,
    ...(options.endpoint ? { endpoint: options.endpoint } : {}),
    ...(options.credentials ? { credentials: options.credentials } : {}),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5000,
      requestTimeout: 30_000,
      throwOnRequestTimeout: true,
    },
  });
  const catalogue = createCatalogue(client, { ...options, now });
  const settings = settingsDigest([
    options.image,
    options.types,
    options.subnets,
    options.launchTemplate ?? options.securityGroup,
    options.diskGb,
    options.market,
    lifecycle,
    options.userData(options.sampleLaunchFile),
  ]);
  const instances = createEc2Instances(client, { fleetId: options.fleetId, pace, now });
  const { withMachine } = instances;

  async function destroy(id: string): Promise<void> {
    const command = new TerminateInstancesCommand({ InstanceIds: [id] });
    await withMachine(id, () => client.send(command));
  }

  return {
    // Named with the region, since each region's machines are separate.
    name: `ec2 ${options.region}`,
    restarts: lifecycle === "warm",
    outlivesServer: true,

    launch: createLaunch(client, { options, catalogue, instances, pace, settings, now }),

    async start(id) {
      const gone = new LaunchError("launch_failed", `Machine ${id} is gone.`);
      const command = new StartInstancesCommand({ InstanceIds: [id] });
      try {
        await retryWhile(
          async () => {
            const within = options.stoppingMs ?? STOPPING_MS;
            const state = await instances.settled(id, "stopping", within);
            if (state === "running" || state === "pending") return;
            if (state !== "stopped") throw gone;
            const answer = await withMachine(id, () => client.send(command));
            if (!answer) throw gone;
          },
          // The described state may have been out of date.
          (error) => codeOf(error) === "IncorrectInstanceState",
          pace,
        );
      } catch (error) {
        if (error instanceof LaunchError) throw error;
        if (error instanceof StaysError) {
          throw new LaunchError("launch_failed", error.message, { cause: error, later: true });
        }
        const verdict = verdictOf(error);
        const reason = verdict.do === "again" ? "launch_failed" : verdict.reason;
        // A stopped machine is bound to its zone, where a lack of capacity is mostly temporary.
        const later = verdict.do === "again" || reason === "no_capacity";
        throw new LaunchError(reason, described(error), { cause: error, later });
      }
    },

    async list() {
      return (await instances.all()).flatMap((instance) => toProvided(instance, settings));
    },

    async stop(id) {
      if (lifecycle === "ephemeral") return destroy(id);
      const command = new StopInstancesCommand({ InstanceIds: [id] });
      try {
        await withMachine(id, () => client.send(command));
      } catch (error) {
        if (codeOf(error) === "UnsupportedOperation") return destroy(id);
        if (codeOf(error) !== "IncorrectInstanceState") throw error;
        // Only a running machine can be stopped.
        if ((await instances.settled(id, "pending", PENDING_MS)) === "running") {
          await withMachine(id, () => client.send(command));
        }
      }
    },

    destroy,
    lastConsoleLine: (id) => readLastConsoleLine(client, id),
  };
}

function toProvided(instance: Instance, settings: string): ProvidedMachine[] {
  const tag = (name: string) => instance.Tags?.find(({ Key }) => Key === name)?.Value;
  const launchId = tag(TAGS.launch);
  const { InstanceId: providerId, State } = instance;
  if (providerId === undefined || launchId === undefined) return [];
  const end = endOf(instance);
  if (State?.Name === "terminated" || State?.Name === "shutting-down") {
    return end ? [{ launchId, providerId, state: "stopped", over: true, end }] : [];
  }
  const isStopped = State?.Name === "stopped" || State?.Name === "stopping";
  return [
    {
      launchId,
      providerId,
      state: isStopped ? "stopped" : "running",
      ...(end ? { end } : {}),
      ...(isStopped && tag(TAGS.settings) !== settings ? { outdated: true } : {}),
    },
  ];
}
