import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { AwsCallError } from "../call-error.ts";
import type { Clients } from "../clients.ts";
import { explain, type Caller } from "../explain.ts";
import type { Statements } from "../stack/statements.ts";
import type { Target } from "../target.ts";
import { checkBucket } from "./bucket.ts";
import type { Checked } from "./checked.ts";
import { checkDisks } from "./disks.ts";
import { checkFiles } from "./files.ts";
import { findingsOf, type Finding } from "../../../../operate/doctor/finding.ts";
import { checkLaunch } from "./launch.ts";
import { checkNetwork } from "./network.ts";
import { checkServer } from "./server.ts";

type Check = (checked: Checked) => AsyncGenerator<Finding>;

/** Checks everything that the server needs of the account, with the server's own credentials. */
export async function* diagnoseAccount(
  clients: Clients,
  target: Target,
  { statements, now }: { statements: Statements; now: () => number },
): AsyncGenerator<Finding> {
  const about = findingsOf("credentials");
  const caller: Caller = { who: "server", statements };
  let identity: Identity;
  try {
    identity = await readIdentity(clients);
  } catch (error) {
    yield failure("credentials", error, target, caller);
    yield about.skipped("everything else in AWS: it needs credentials");
    yield* guarded("server", checkServer, { clients, target, account: "", caller, now });
    return;
  }
  yield identity.arn.endsWith(":root")
    ? about.warning(
        `${identity.arn}: the account's root user, who may do everything`,
        "give the server keys of the user that deferred aws setup makes",
      )
    : about.ok(identity.arn);

  const checked = { clients, target, account: identity.account, caller, now };
  if (target.uses.ec2) {
    yield* guarded("network", checkNetwork, checked);
    yield* guarded("machines", checkLaunch, checked);
    yield* guarded("disks", checkDisks, checked);
  }
  if (target.uses.s3) {
    yield* guarded("bucket", checkBucket, checked);
    yield* guarded("files", checkFiles, checked);
  }
  yield* guarded("server", checkServer, checked);
}

interface Identity {
  account: string;
  /** `arn:aws:iam::123456789012:user/deferred`. */
  arn: string;
}

/** The identity of the credentials; this call needs no permission. */
async function readIdentity({ sts }: Clients): Promise<Identity> {
  const { Account = "", Arn = "" } = await sts.send(new GetCallerIdentityCommand({}));
  return { account: Account, arn: Arn };
}

/** Turns a failure of a check into a finding, so that the next check continues. */
async function* guarded(name: string, check: Check, checked: Checked): AsyncGenerator<Finding> {
  try {
    yield* check(checked);
  } catch (error) {
    yield failure(name, error, checked.target, checked.caller);
  }
}

function failure(check: string, error: unknown, target: Target, caller: Caller): Finding {
  if (!(error instanceof AwsCallError)) throw error;
  const { message, hint } = explain(error, target, caller);
  return findingsOf(check).failed(message, hint);
}
