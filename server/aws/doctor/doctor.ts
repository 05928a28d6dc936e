import { AwsCallError } from "../call-error.ts";
import type { Clients } from "../clients.ts";
import { explain } from "../explain.ts";
import { identityOf, type Identity } from "../identity.ts";
import { Refusal } from "../refusal.ts";
import { serverPolicy } from "../server-policy.ts";
import type { Target } from "../target.ts";
import { checkBucket } from "./bucket.ts";
import { checkFiles } from "./files.ts";
import { findingsOf, type Finding } from "./finding.ts";
import { checkLaunch } from "./launch.ts";
import { checkNetwork } from "./network.ts";
import { checkServer } from "./server.ts";

export interface Checked {
  clients: Clients;
  target: Target;
  account: string;
  now: () => number;
}

type Check = (checked: Checked) => AsyncGenerator<Finding>;

/** Tries everything that the server will need, with the server's own credentials. */
export async function* doctor(
  clients: Clients,
  target: Target,
  now: () => number,
): AsyncGenerator<Finding> {
  const about = findingsOf("credentials");
  let identity: Identity;
  try {
    identity = await identityOf(clients);
  } catch (error) {
    yield failure("credentials", error, target);
    yield about.skipped("everything else in AWS: it needs credentials");
    yield* guarded("server", checkServer, { clients, target, account: "", now });
    return;
  }
  yield identity.arn.endsWith(":root")
    ? about.warning(
        `${identity.arn}: the account's root user, who may do everything`,
        "make an IAM user with the policy that deferred aws plan prints, and give its keys to the server",
      )
    : about.ok(identity.arn);

  const checked = { clients, target, account: identity.account, now };
  if (target.uses.ec2) {
    yield* guarded("network", checkNetwork, checked);
    yield* guarded("machines", checkLaunch, checked);
  }
  if (target.uses.s3) {
    yield* guarded("bucket", checkBucket, checked);
    yield* guarded("files", checkFiles, checked);
  }
  yield* guarded("server", checkServer, checked);
}

/** A check that ends early is a finding, and the next one goes on. */
async function* guarded(name: string, check: Check, checked: Checked): AsyncGenerator<Finding> {
  try {
    yield* check(checked);
  } catch (error) {
    yield failure(name, error, checked.target);
  }
}

function failure(check: string, error: unknown, target: Target): Finding {
  if (error instanceof Refusal) return findingsOf(check).failed(error.message, error.hint);
  if (!(error instanceof AwsCallError)) throw error;
  const policy = { name: "server", document: serverPolicy(target, {}) };
  const { message, hint } = explain(error, target, policy);
  return findingsOf(check).failed(message, hint);
}
