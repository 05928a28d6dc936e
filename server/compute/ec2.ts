import {
  DescribeInstancesCommand,
  EC2Client,
  paginateDescribeInstances,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  type Filter,
  type Instance,
  type InstanceStateName,
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
import { offersOf, type Ec2Offer } from "./ec2-offers.ts";
import { patiently, type Pace } from "./ec2-patience.ts";
import { clientToken, runInstancesInput, settingsDigest, TAGS } from "./ec2-requests.ts";

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
/** A machine that was just launched may not be known to the next call. */
const KNOWN_WITHIN_MS = 60_000;
/** A machine that stops takes its time, at times minutes. */
const STATE_WITHIN_MS = 5 * 60_000;

const EXISTS: InstanceStateName[] = ["pending", "running", "stopping", "stopped"];

/** Machines on EC2. Nothing about them is kept here: tags say whose they are. */
export function createEc2Compute(options: Ec2ComputeOptions): Compute {
  const { fleetId, lifecycle, log } = options;
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
    options.securityGroup,
    options.market,
    lifecycle,
    options.userData(options.sampleLaunchFile),
  ]);
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

  async function describeAll(filters: Filter[]): Promise<Instance[]> {
    const Filters = [
      { Name: `tag:${TAGS.fleet}`, Values: [fleetId] },
      { Name: "instance-state-name", Values: EXISTS },
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

  /** Waits while the machine is in a state that passes; resolves with the one that it reached. */
  async function settled(id: string, passing: InstanceStateName): Promise<InstanceStateName> {
    const wait: Pace = { ...pace, limitMs: STATE_WITHIN_MS };
    const passes = new Error(`Machine ${id} stays ${passing}.`);
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
          const [found] = await describeAll([{ Name: "client-token", Values: [token] }]);
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

  async function launchOffer(spec: LaunchSpec, offer: Ec2Offer): Promise<string> {
    const image = await ask(() => catalogue.imageFor(offer.type));
    const userData = options.userData(spec.launchFile);
    const order = { ...options, spec, offer, image, userData, settings };
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
        const id = await earlier(token, pace.limitMs);
        if (id !== undefined) return id;
        const text = `EC2 has had another request with the token ${token}, and shows no machine.`;
        throw new LaunchError("launch_failed", text, { cause: error });
      }
      // A repeat may be refused although what it repeats was not.
      const isUnclear = mayHaveWorked && !again(error);
      const id = isUnclear ? await earlier(token, pace.limitMs / 6) : undefined;
      if (id !== undefined) return id;
      throw error;
    }
  }

  async function destroy(id: string): Promise<void> {
    const command = new TerminateInstancesCommand({ InstanceIds: [id] });
    await withMachine(id, () => client.send(command));
  }

  return {
    name: "ec2",
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
          noteLaunch(providerId);
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
            const state = await settled(id, "stopping");
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
      const instances = await describeAll([]);
      return instances.flatMap((instance) => toProvided(instance, settings));
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
        if ((await settled(id, "pending")) === "running") {
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
