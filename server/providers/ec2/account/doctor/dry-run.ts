import { RunInstancesCommand, type RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { createCatalogue } from "../../catalogue.ts";
import { ImageError, type FoundImage } from "../../images.ts";
import type { Ec2Subnet } from "../../offers.ts";
import { runInstancesInput } from "../../requests.ts";
import { AwsCallError, hasCode } from "../call-error.ts";
import type { Clients } from "../clients.ts";
import type { TypeFacts } from "../launch-facts.ts";
import type { Target } from "../target.ts";

/** The launch that the server would request for a type. */
export interface Wanted {
  type: string;
  image: FoundImage;
  burstable: boolean;
  subnet: Ec2Subnet | undefined;
}

/** The image and subnet that the server would use for a type, or the finding that there is no image. */
export async function wantedOf(
  { ec2 }: Clients,
  { region, ec2: { image, subnets } }: Target,
  { type: { name, zones }, now }: { type: TypeFacts; now: () => number },
): Promise<Wanted | { missing: string }> {
  const catalogue = createCatalogue(ec2, { region, image, subnets, now });
  try {
    const found = await catalogue.forType(name);
    const places = await catalogue.places();
    const subnet = places.find(({ zone }) => zones.includes(zone ?? "")) ?? places[0];
    return { type: name, ...found, subnet };
  } catch (error) {
    const isUnknown = hasCode(error, "InvalidAMIID.NotFound", "InvalidAMIID.Malformed");
    if (error instanceof ImageError || isUnknown) return { missing: error.message };
    throw error;
  }
}

/** Sends the server's own launch request as a dry run. Returns the refusal; undefined if it would succeed. */
export function refusalOfLaunch(
  { ec2 }: Clients,
  target: Target,
  { type, image, burstable, subnet }: Wanted,
  changes: Partial<RunInstancesCommandInput> = {},
): Promise<AwsCallError | undefined> {
  const { market } = target.ec2;
  const order = {
    ...target.ec2,
    spec: { launchId: `doctor-${type}`, pool: "shared", project: "deferred/doctor" },
    offer: { number: 1, market, type, ...(subnet ? { subnet } : {}) },
    image,
    burstable,
    userData: "",
    fleetId: "doctor",
    serverUrl: target.url,
    settings: "doctor",
  };
  const input = { ...runInstancesInput(order), ...changes, DryRun: true };
  return refusalOf(() => ec2.send(new RunInstancesCommand(input)));
}

/** Returns the refusal of a call with `DryRun`; undefined if it would succeed. */
export async function refusalOf(call: () => Promise<unknown>): Promise<AwsCallError | undefined> {
  try {
    await call();
  } catch (error) {
    if (hasCode(error, "DryRunOperation")) return undefined;
    if (error instanceof AwsCallError) return error;
    throw error;
  }
  throw new Error("EC2 did what was asked for, though it was only to say whether it would.");
}
