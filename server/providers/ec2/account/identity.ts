import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { Clients } from "./clients.ts";

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
