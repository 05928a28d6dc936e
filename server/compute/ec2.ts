import {
  EC2Client,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
} from "@aws-sdk/client-ec2";
import type { Logger } from "pino";
import type { LaunchFile } from "../../protocol/responder.ts";
import { LaunchError, type Compute, type LaunchSpec, type ProvidedMachine } from "./compute.ts";
import { createCatalogue } from "./ec2-catalogue.ts";
import {
  codeOf,
  described,
  foremost,
  isUncertain,
  verdictOf,
  type LaunchReason,
} from "./ec2-errors.ts";
import { ImageError } from "./ec2-images.ts";
import { createEc2Instances } from "./ec2-instances.ts";
import { offersOf, type Ec2Offer } from "./ec2-offers.ts";
import { patiently, type Pace } from "./ec2-patience.ts";
import {
  clientToken,
  runInstancesInput,
  settingsDigest,
  TAGS,
  type LaunchTemplate,
} from "./ec2-requests.ts";

export interface Ec2ComputeOptions {
  region: string;
  /** Another server that speaks EC2's protocol; absent: AWS. */
  endpoint?: string | undefined;
  /** Absent: what the AWS SDK finds in its own settings. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** An image's id, a family such as `debian-13`, or `self:` and the name of one's own. */
  image: string;
  /** In order of preference. */
  types: string[];
  /** None: the account's default. */
  subnets: string[];
  securityGroup: string;
  launchTemplate?: LaunchTemplate | undefined;
  /** Gigabytes of each disk, unless its image needs more. */
  diskGb: number;
  market: "on-demand" | "spot";
  lifecycle: "warm" | "ephemeral";
  /** Machines of other fleets in the same account are not looked at. */
  fleetId: string;
  serverUrl: string;
  /** What a machine is given at its first boot. */
  userData: (launchFile: LaunchFile) => string;
  /** A launch file as any machine would get it today: another one makes stopped machines outdated. */
  sampleLaunchFile: LaunchFile;
  log: Logger;
  now?: () => number;
  /** How long and how often what may pass is asked again. */
  pace?: Partial<Pace>;
}

const PACE: Pace = { firstMs: 250, mostMs: 5000, limitMs: 60_000 };

/** Machines on EC2. Nothing about them is kept here: tags say whose they are. */
export function createEc2Compute(options: Ec2ComputeOptions): Compute {
  const { lifecycle, log } = options;
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
  const { again, ask, withMachine } = instances;

  async function launchOffer(spec: LaunchSpec, offer: Ec2Offer): Promise<string> {
    const { image, burstable } = await ask(() => catalogue.forType(offer.type));
    const userData = options.userData(spec.launchFile);
    const { launchTemplate } = options;
    const order = { ...options, launchTemplate, spec, offer, image, burstable, userData, settings };
    const command = new RunInstancesCommand(runInstancesInput(order));
    const token = clientToken(spec.launchId, offer.number);
    let mayHaveWorked = false;
    try {
      const answer = await ask(async () => {
        try {
          return await client.send(command);
        } catch (error) {
          mayHaveWorked ||= isUncertain(error);
          throw error;
        }
      });
      const id = answer.Instances?.[0]?.InstanceId;
      if (id === undefined) throw new LaunchError("launch_failed", "EC2 named no machine.");
      return id;
    } catch (error) {
      if (codeOf(error)?.startsWith("InvalidAMIID")) catalogue.forgetImages();
      if (codeOf(error) === "IdempotentParameterMismatch") {
        const id = await instances.earlier(token, pace.limitMs);
        if (id !== undefined) return id;
        const text = `EC2 has had another request with the token ${token}, and shows no machine.`;
        throw new LaunchError("launch_failed", text, { cause: error });
      }
      // A repeat may be refused although what it repeats was not.
      const isUnclear = mayHaveWorked && !again(error);
      const id = isUnclear ? await instances.earlier(token, pace.limitMs / 6) : undefined;
      if (id !== undefined) return id;
      throw error;
    }
  }

  async function destroy(id: string): Promise<void> {
    const command = new TerminateInstancesCommand({ InstanceIds: [id] });
    await withMachine(id, () => client.send(command));
  }

  return {
    // Machines of another region are another provider's.
    name: `ec2 ${options.region}`,
    restarts: lifecycle === "warm",
    outlivesServer: true,

    async launch(spec) {
      const places = await catalogue.places();
      const offers = offersOf({ ...options, places });
      const failed: { reason: LaunchReason; text: string }[] = [];
      for (const offer of offers.slice(spec.firstOffer - 1)) {
        await spec.onOffer(offer);
        try {
          const providerId = await launchOffer(spec, offer);
          instances.noteLaunch(providerId);
          return { providerId };
        } catch (error) {
          if (error instanceof LaunchError) throw error;
          const text = `${offer.name}: ${described(error)}`;
          if (error instanceof ImageError) throw new LaunchError("launch_refused", text);
          const verdict = verdictOf(error);
          // What might have taken effect is not followed by something else, or there would be two.
          const reason = verdict.do === "again" ? "launch_failed" : verdict.reason;
          if (verdict.do !== "next") throw new LaunchError(reason, text, { cause: error });
          log.warn(
            { machine: spec.launchId, offer: offer.name, code: codeOf(error) },
            "not to be had",
          );
          failed.push({ reason, text });
        }
      }
      throw new LaunchError(
        foremost(failed.map(({ reason }) => reason)),
        failed.map(({ text }) => text).join("\n") || "There is no offer left to ask for.",
      );
    },

    async start(id) {
      const gone = new LaunchError("launch_failed", `Machine ${id} is gone.`);
      const command = new StartInstancesCommand({ InstanceIds: [id] });
      try {
        await patiently(
          async () => {
            const state = await instances.settled(id, "stopping");
            if (state === "running" || state === "pending") return;
            if (state !== "stopped") throw gone;
            const answer = await withMachine(id, () => client.send(command));
            if (!answer) throw gone;
          },
          // What was described may have been of a moment before.
          (error) => codeOf(error) === "IncorrectInstanceState",
          pace,
        );
      } catch (error) {
        if (error instanceof LaunchError) throw error;
        const verdict = verdictOf(error);
        const reason = verdict.do === "again" ? "launch_failed" : verdict.reason;
        throw new LaunchError(reason, described(error), { cause: error });
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
        // Only what runs can be stopped.
        if ((await instances.settled(id, "pending")) === "running") {
          await withMachine(id, () => client.send(command));
        }
      }
    },

    destroy,
  };
}

function toProvided(instance: Instance, settings: string): ProvidedMachine[] {
  const tag = (name: string) => instance.Tags?.find(({ Key }) => Key === name)?.Value;
  const launchId = tag(TAGS.launch);
  const { InstanceId: providerId, State } = instance;
  if (providerId === undefined || launchId === undefined) return [];
  const isStopped = State?.Name === "stopped" || State?.Name === "stopping";
  return [
    {
      launchId,
      providerId,
      state: isStopped ? "stopped" : "running",
      ...(isStopped && tag(TAGS.settings) !== settings ? { outdated: true } : {}),
    },
  ];
}
