import { bucketAspects } from "./bucket-aspects.ts";
import { findBucket } from "./bucket.ts";
import { AwsCallError } from "./call-error.ts";
import type { Clients } from "./clients.ts";
import { environmentFor } from "./environment.ts";
import { explain, type Explanation } from "./explain.ts";
import { outboundRules, ruleWords } from "./group-rules.ts";
import { identityOf } from "./identity.ts";
import { findImage, imageOwner, type ImageFacts } from "./images.ts";
import { findTypes, type TypeFacts } from "./launch-facts.ts";
import { defaultVpc, findGroup, findSubnets, groupName, someSubnets } from "./network.ts";
import type { PolicyDocument } from "./policy.ts";
import { Refusal } from "./refusal.ts";
import { serverPolicy, type Known } from "./server-policy.ts";
import { setupPolicy } from "./setup-policy.ts";
import { resultsUrlOf, type Target } from "./target.ts";

/** What would be made, and what is known already of the account it would be made in. */
export interface Plan {
  url: string;
  region: string;
  account: string | undefined;
  bucket?: { name: string; exists: boolean | undefined; settings: string[]; results_url: string };
  security_group?: { id: string | undefined; name: string; inbound: string[]; outbound: string[] };
  launch?: {
    image: string;
    images: ImageFacts[];
    types: (Pick<TypeFacts, "name"> & Partial<TypeFacts>)[];
    subnets: { id: string; zone: string }[];
    market: string;
    lifecycle: string;
    max_machines: number;
    budget_hours: number;
  };
  environment: Record<string, string>;
  server_policy: PolicyDocument;
  setup_policy: PolicyDocument;
  /** What could not be looked up, and what to do about it. */
  unknown: Explanation[];
}

/** Without credentials, or a network, it tells what it can. */
export async function makePlan(clients: Clients, target: Target): Promise<Plan> {
  const unknown: Explanation[] = [];
  let reached = true;
  /** Nothing is asked for any more once nobody can be asked. */
  const look = async <Found>(find: () => Promise<Found>): Promise<Found | undefined> => {
    if (!reached) return undefined;
    try {
      return await find();
    } catch (error) {
      const told = explained(error, target);
      if (!unknown.some(({ message }) => message === told.message)) unknown.push(told);
      return undefined;
    }
  };
  const account = (await look(() => identityOf(clients)))?.account;
  reached = account !== undefined;

  const { ec2, uses } = target;
  const group = uses.ec2 ? await look(() => findGroup(clients, target)) : undefined;
  const subnets = (uses.ec2 && (await look(() => findSubnets(clients, target)))) || [];
  const types = (uses.ec2 && (await look(() => findTypes(clients, target)))) || [];
  const images: ImageFacts[] = [];
  for (const architecture of new Set(types.map((type) => type.architecture))) {
    const image = await look(() => findImage(clients, ec2.image, architecture));
    if (image) images.push(image);
  }
  const vpc =
    group?.vpc ??
    subnets[0]?.VpcId ??
    (uses.ec2 ? await look(() => defaultVpc(clients)) : undefined);
  const bucket = uses.s3 ? await look(() => findBucket(clients, target, { account })) : undefined;
  if (bucket?.whose === "others") {
    unknown.push({
      message: `setup would refuse the bucket ${target.bucket}: ${bucket.why}`,
      hint: "name another with --bucket, or add --adopt-bucket to setup where it is meant for this",
    });
  }
  const id = group?.id ?? (ec2.securityGroup || undefined);
  const known: Known = {
    account,
    vpc,
    securityGroup: id,
    imageOwner: imageOwner(ec2.image, account),
  };
  return {
    url: target.url,
    region: target.region,
    account,
    ...(uses.s3
      ? {
          bucket: {
            name: target.bucket,
            exists: bucket && bucket.whose !== "nobody",
            settings: bucketAspects(clients, target, account).map(({ does }) => does),
            results_url: `${resultsUrlOf(target)}/results/`,
          },
        }
      : {}),
    ...(uses.ec2
      ? {
          security_group: {
            id,
            name: group?.name ?? groupName(target),
            inbound: [],
            outbound: outboundRules(target.url).map(ruleWords),
          },
          launch: {
            image: ec2.image,
            images,
            types: types.length > 0 ? types : ec2.types.map((name) => ({ name })),
            subnets: subnets.map(({ SubnetId = "", AvailabilityZone = "" }) => ({
              id: SubnetId,
              zone: AvailabilityZone,
            })),
            market: ec2.market,
            lifecycle: ec2.lifecycle,
            max_machines: ec2.maxMachines,
            budget_hours: ec2.budgetHours,
          },
        }
      : {}),
    environment: environmentFor(target, { securityGroup: id, subnets: someSubnets(subnets, vpc) }),
    server_policy: serverPolicy(target, known),
    setup_policy: setupPolicy(target, known),
    unknown,
  };
}

function explained(error: unknown, target: Target): Explanation {
  if (error instanceof Refusal) return { message: error.message, hint: error.hint };
  if (!(error instanceof AwsCallError)) throw error;
  return explain(error, target, { name: "setup", document: setupPolicy(target, {}) });
}
