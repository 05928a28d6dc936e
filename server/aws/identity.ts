import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { Clients } from "./clients.ts";
import { isAws, type Target } from "./target.ts";

export interface Identity {
  account: string;
  /** `arn:aws:iam::123456789012:user/deferred`. */
  arn: string;
}

/** Whose the credentials are; AWS answers that whatever they may do. */
export async function identityOf({ sts }: Clients): Promise<Identity> {
  const { Account = "", Arn = "" } = await sts.send(new GetCallerIdentityCommand({}));
  return { account: Account, arn: Arn };
}

/** The account everything is made in; undefined where nothing of it is AWS's. */
export async function accountOf(clients: Clients, target: Target): Promise<string | undefined> {
  const isAsked = target.uses.ec2 || isAws(target);
  return isAsked ? (await identityOf(clients)).account : undefined;
}
