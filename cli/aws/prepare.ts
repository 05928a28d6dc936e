import { AwsCallError } from "../../server/aws/call-error.ts";
import { createClients, type Clients } from "../../server/aws/clients.ts";
import { explain } from "../../server/aws/explain.ts";
import { Refusal } from "../../server/aws/refusal.ts";
import { setupPolicy } from "../../server/aws/setup-policy.ts";
import { readTarget, type Target } from "../../server/aws/target.ts";
import { SettingsError } from "../../server/settings.ts";
import { CliError } from "../cli-error.ts";
import type { Arguments } from "../command.ts";

export interface Prepared {
  args: Arguments;
  target: Target;
  clients: Clients;
}

/** Which variable of the server each option stands for. */
const VARIABLES = {
  url: "DEFERRED_URL",
  region: "AWS_REGION",
  bucket: "DEFERRED_S3_BUCKET",
  types: "DEFERRED_EC2_TYPES",
  image: "DEFERRED_EC2_AMI",
  subnets: "DEFERRED_EC2_SUBNETS",
  "security-group": "DEFERRED_EC2_SECURITY_GROUP",
  market: "DEFERRED_EC2_MARKET",
  lifecycle: "DEFERRED_EC2_LIFECYCLE",
};

export function prepare(args: Arguments, env: NodeJS.ProcessEnv): Prepared {
  const settings = { ...env };
  for (const [option, variable] of Object.entries(VARIABLES)) {
    settings[variable] = args.text(option) ?? env[variable];
  }
  try {
    const target = readTarget(settings, { fleet: args.text("fleet") });
    return { args, target, clients: createClients(target) };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new CliError(`the settings have mistakes:\n  ${error.mistakes.join("\n  ")}`, {
      hint: "correct these variables or options, then try again",
    });
  }
}

/** What a person is told of a failure: of AWS's own, and of what is not done. */
export function explained(error: unknown, target: Target, before = ""): unknown {
  if (error instanceof Refusal) {
    return new CliError(before + error.message, { hint: error.hint, cause: error });
  }
  if (!(error instanceof AwsCallError)) return error;
  const policy = { name: "setup", document: setupPolicy(target, {}) };
  const { message, hint } = explain(error, target, policy);
  return new CliError(before + message, { hint, cause: error });
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
