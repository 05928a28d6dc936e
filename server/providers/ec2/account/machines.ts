import { paginateDescribeInstances, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import type { Clients } from "./clients.ts";
import { AccountError } from "./refusal.ts";
import { pauses, type Sleep } from "./stack/pauses.ts";
import { TAGS } from "../requests.ts";
import type { Target } from "./target.ts";

/** Terminating machines takes up to some minutes. */
const GONE_WITHIN_MS = 5 * 60_000;

/** States in which a machine costs something, or could be started again. */
const EXISTS = ["pending", "running", "stopping", "stopped"];

/** Every machine with this server's tag and the tag of a fleet. */
export async function findMachines(
  { ec2 }: Clients,
  { url }: Target,
  states: string[] = EXISTS,
): Promise<string[]> {
  const Filters = [
    { Name: `tag:${TAGS.owner}`, Values: [url] },
    { Name: "tag-key", Values: [TAGS.fleet] },
    { Name: "instance-state-name", Values: states },
  ];
  const found: string[] = [];
  for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    for (const { Instances = [] } of page.Reservations ?? []) {
      found.push(...Instances.flatMap(({ InstanceId }) => InstanceId ?? []));
    }
  }
  return found;
}

/** Terminates machines and waits until they are gone, since the security group can't be deleted before. Throws `AccountError`. */
export async function terminateAll(
  clients: Clients,
  target: Target,
  { InstanceIds, sleep }: { InstanceIds: string[]; sleep: Sleep },
): Promise<void> {
  await clients.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
  let waitedMs = 0;
  for (const pause of pauses()) {
    if ((await findMachines(clients, target, [...EXISTS, "shutting-down"])).length === 0) return;
    if (waitedMs > GONE_WITHIN_MS) break;
    await sleep(pause);
    waitedMs += pause;
  }
  throw new AccountError(
    "the machines are still there after five minutes",
    "run this again; a server that still runs starts new ones: stop it first",
  );
}
