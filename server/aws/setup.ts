import { bucketAspects, type Aspect } from "./bucket-aspects.ts";
import { findBucket, isNotImplemented, makeBucket } from "./bucket.ts";
import type { Clients } from "./clients.ts";
import { outboundRules, ruleChanges, ruleWords } from "./group-rules.ts";
import {
  allowOut,
  defaultVpc,
  findGroup,
  findSubnets,
  forbidIn,
  forbidOut,
  groupName,
  makeGroup,
  type FoundGroup,
} from "./network.ts";
import { patiently, type Sleep } from "./patience.ts";
import { Refusal } from "./refusal.ts";
import { isAws, type Target } from "./target.ts";

/** One thing that is to be made or put right. */
export interface Step {
  /** `make`: there is none; `change`: there is one, and it differs. */
  kind: "make" | "change";
  what: string;
  /** Resolves with what could not be done, and what follows. */
  run(): Promise<string | void>;
}

export interface Steps {
  steps: Step[];
  /** What is as it should be. */
  kept: string[];
  /** What is not made by setup and not changed by it, though it could be better. */
  notes: string[];
  /** The security group and its network, once there is one. */
  securityGroup(): { id: string; vpc: string } | undefined;
}

export interface SetupOptions {
  account: string | undefined;
  /** Take a bucket that holds files and carries no mark. */
  adopt: boolean;
  sleep: Sleep;
}

/** What is missing or differs, in the order in which it is to be done. Throws `Refusal`. */
export async function setupSteps(
  clients: Clients,
  target: Target,
  options: SetupOptions,
): Promise<Steps> {
  const nothing = { steps: [], kept: [], notes: [], group: () => undefined };
  const bucket = target.uses.s3 ? await bucketSteps(clients, target, options) : nothing;
  const group = target.uses.ec2 ? await groupSteps(clients, target, options) : nothing;
  return {
    steps: [...bucket.steps, ...group.steps],
    kept: [...bucket.kept, ...group.kept],
    notes: [...bucket.notes, ...group.notes, ...spotNotes(target)],
    securityGroup: group.group,
  };
}

/** Nothing that EC2 lets these credentials ask tells whether the role is there. */
function spotNotes({ uses, ec2 }: Target): string[] {
  if (!uses.ec2 || ec2.market !== "spot") return [];
  const command = "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com";
  return [`an account that never had a spot machine needs a role for it, made once: ${command}`];
}

async function bucketSteps(clients: Clients, target: Target, options: SetupOptions) {
  const name = `bucket ${target.bucket}`;
  const found = await findBucket(clients, target, options);
  if (found.whose === "others") {
    throw new Refusal(
      `the bucket ${target.bucket} is not taken: ${found.why}`,
      "name another with --bucket; where it is yours and meant for this, add --adopt-bucket",
    );
  }
  const aspects = bucketAspects(clients, target, options.account);
  const set = (aspect: Aspect, kind: Step["kind"]): Step => ({
    kind,
    what: `${name}: ${aspect.does}`,
    run: () => setAspect(aspect, target, options),
  });
  if (found.whose === "nobody") {
    const make: Step = {
      kind: "make",
      what: `${name} in ${target.region}`,
      run: () => makeBucket(clients, target),
    };
    return { steps: [make, ...aspects.map((one) => set(one, "make"))], kept: [], notes: [] };
  }
  const steps: Step[] = [];
  const kept: string[] = [];
  const notes: string[] = [];
  for (const aspect of aspects) {
    try {
      if (await aspect.pending()) steps.push(set(aspect, "change"));
      else kept.push(`${name}: ${aspect.does}`);
    } catch (error) {
      if (!isNotImplemented(error, target)) throw error;
      notes.push(notSet(aspect));
    }
  }
  return { steps, kept, notes };
}

async function setAspect(
  aspect: Aspect,
  target: Target,
  { sleep }: SetupOptions,
): Promise<string | void> {
  try {
    await patiently(sleep, async () => (await aspect.pending())?.());
    // AWS shows a change after a while; another server may take a setting without knowing it.
    if (!isAws(target) && (await aspect.pending())) return notSet(aspect);
  } catch (error) {
    if (isNotImplemented(error, target)) return notSet(aspect);
    throw error;
  }
}

function notSet({ name, without }: Aspect): string {
  return `this server does not know a bucket's ${name}: ${without}`;
}

async function groupSteps(clients: Clients, target: Target, { sleep }: SetupOptions) {
  const found = await findGroup(clients, target);
  const named = target.ec2.securityGroup;
  if (found === undefined && named !== "") {
    throw new Refusal(
      `there is no security group ${named} in ${target.region}`,
      "correct DEFERRED_EC2_SECURITY_GROUP, or leave it out: setup makes one",
    );
  }
  if (found !== undefined && found.owner !== target.url) return leaveGroup(found, target);

  if (found !== undefined) await checkNetwork(clients, target, found);
  let id = found?.id;
  const wanted = outboundRules(target.url);
  const putRight = async () => {
    const group = await patiently(sleep, async () => {
      const ec2 = { ...target.ec2, securityGroup: id ?? "" };
      return findGroup(clients, { ...target, ec2 });
    });
    const { add, remove } = ruleChanges(group?.outbound ?? [], wanted);
    // Opened before it is closed: machines that run keep their way out.
    if (add.length > 0) await patiently(sleep, () => allowOut(clients, id!, add));
    if (remove.length > 0) await patiently(sleep, () => forbidOut(clients, id!, remove));
    const inbound = group?.inbound ?? [];
    if (inbound.length > 0) await patiently(sleep, () => forbidIn(clients, id!, inbound));
  };
  const name = `security group ${found?.id ?? groupName(target)}`;
  if (found === undefined) {
    const vpc = await networkOf(clients, target);
    const steps: Step[] = [
      {
        kind: "make",
        what: `${name} in ${vpc}`,
        async run() {
          id = await makeGroup(clients, target, vpc);
        },
      },
      {
        kind: "make",
        what: `${name}: nothing in; out: ${wanted.map(ruleWords).join("; ")}`,
        run: putRight,
      },
    ];
    const made = () => (id === undefined ? undefined : { id, vpc });
    return { steps, kept: [], notes: [], group: made };
  }
  const { add, remove } = ruleChanges(found.outbound, wanted);
  const changes = [
    ...found.inbound.map((rule) => `close what comes in: ${ruleWords(rule)}`),
    ...add.map((rule) => `let out: ${ruleWords(rule)}`),
    ...remove.map((rule) => `close what goes out: ${ruleWords(rule)}`),
  ];
  const change: Step = { kind: "change", what: `${name}: ${changes.join("; ")}`, run: putRight };
  return changes.length > 0
    ? { steps: [change], kept: [], notes: [], group: () => found }
    : {
        steps: [],
        kept: [`${name}: nothing in; https and http out`],
        notes: [],
        group: () => found,
      };
}

/** A group that the settings name and setup did not make. */
function leaveGroup(group: FoundGroup, target: Target) {
  if (group.owner !== undefined) {
    throw new Refusal(
      `the security group ${group.id} was made for ${group.owner}`,
      "leave DEFERRED_EC2_SECURITY_GROUP out: setup makes one for this server",
    );
  }
  const inbound = group.inbound.map(ruleWords).join("; ");
  return {
    steps: [],
    kept: [`security group ${group.id}: yours, left as it is`],
    notes:
      inbound === ""
        ? []
        : [
            `security group ${group.id} lets in ${inbound}: nothing has to reach a machine of ${target.url}`,
          ],
    group: () => group,
  };
}

async function checkNetwork(clients: Clients, target: Target, group: FoundGroup): Promise<void> {
  if (target.ec2.subnets.length === 0) return;
  const vpc = await networkOf(clients, target);
  if (vpc === group.vpc) return;
  throw new Refusal(
    `the security group ${group.id} is in ${group.vpc}, and the subnets are in ${vpc}`,
    `name subnets of ${group.vpc}; or run deferred aws teardown, then setup with the others`,
  );
}

async function networkOf(clients: Clients, target: Target): Promise<string> {
  const { subnets } = target.ec2;
  if (subnets.length === 0) {
    const vpc = await defaultVpc(clients);
    if (vpc !== undefined) return vpc;
    throw new Refusal(
      `${target.region} has no default network`,
      "name subnets with --subnets, or make the default one: aws ec2 create-default-vpc",
    );
  }
  const networks = new Set((await findSubnets(clients, target)).map(({ VpcId }) => VpcId ?? ""));
  const [only = "", other] = networks;
  if (other === undefined) return only;
  throw new Refusal(
    `the subnets lie in several networks: ${[...networks].join(", ")}`,
    "name subnets of one network: a security group belongs to one",
  );
}
