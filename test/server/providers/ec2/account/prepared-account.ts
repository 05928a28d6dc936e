import { vi } from "vitest";
import { createClients } from "../../../../../server/providers/ec2/account/clients.ts";
import { diagnoseAccount } from "../../../../../server/providers/ec2/account/doctor/doctor.ts";
import { readStatements } from "../../../../../server/providers/ec2/account/stack/statements.ts";
import { readTarget } from "../../../../../server/providers/ec2/account/target.ts";
import { startAws, type AwsOptions } from "../../../../cli/aws.ts";
import { heldTo } from "../../../../services/ec2/authorization.ts";
import type { Store } from "../../../../services/ec2/store.ts";
import type { Document } from "../../../../services/iam.ts";
import { stackWith, TEMPLATE_TEXT } from "../../../../infra/stack.ts";

/** An account with the server's stack, used by what its policies allow, and what doctor says of it. */
export async function prepared(
  settings: Record<string, string> = {},
  {
    parameters = {},
    prepare,
    ...options
  }: AwsOptions & {
    parameters?: Record<string, string>;
    prepare?: (store: Store) => void;
  } = {},
) {
  let policy: Document | undefined;
  const account = await startAws({ ...options, ec2: { refused: heldTo(() => policy) } });
  prepare?.(account.ec2.store);
  const server = { ServerUrl: account.url, ServerPort: new URL(account.url).port };
  const stack = stackWith({ ...server, ...parameters }, account.ec2.store);
  const env: Record<string, string> = {
    ...account.env,
    ...stack.environment,
    ...account.s3.env,
    ...settings,
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  // The endpoint stands in for AWS itself: the SDK finds it, and nothing else knows of it.
  const target = readTarget({ ...env, AWS_ENDPOINT_URL_S3: undefined });
  const clients = createClients(target);
  policy = stack.policy;
  const statements = readStatements(TEMPLATE_TEXT);
  return {
    ...account,
    target,
    group: () => account.ec2.store.securityGroups.get(target.ec2.securityGroup)!,
    beAdministrator: () => (policy = undefined),
    /** Findings but for those that are well, as `state check: words`. */
    async findings(now = Date.now) {
      const found: string[] = [];
      const fixes: string[] = [];
      const skipped: string[] = [];
      for await (const one of diagnoseAccount(clients, target, { statements, now })) {
        const { check, state, says, fix } = one;
        if (state === "skipped") skipped.push(`${check}: ${says}`);
        if (state === "ok" || state === "skipped") continue;
        found.push(`${state} ${check}: ${says}`);
        fixes.push(fix!);
      }
      return { found, fixes, skipped };
    },
  };
}
