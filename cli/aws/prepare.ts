import { AwsCallError } from "../../server/providers/ec2/account/call-error.ts";
import { createClients, type Clients } from "../../server/providers/ec2/account/clients.ts";
import { explain } from "../../server/providers/ec2/account/explain.ts";
import { Refusal } from "../../server/providers/ec2/account/refusal.ts";
import { stackNameFor } from "../../server/providers/ec2/account/stack/stack.ts";
import { readTarget, type Target } from "../../server/providers/ec2/account/target.ts";
import { SettingsError } from "../../server/settings/settings.ts";
import { CliError } from "../cli-error.ts";
import type { Arguments } from "../command.ts";

export interface Prepared {
  args: Arguments;
  target: Target;
  clients: Clients;
  /** The name of the server's stack. */
  stackName: string;
}

/** Which variable of the server each option stands for. */
const VARIABLES = {
  url: "DEFERRED_URL",
  region: "AWS_REGION",
  types: "DEFERRED_EC2_TYPES",
  image: "DEFERRED_EC2_AMI",
  subnets: "DEFERRED_EC2_SUBNETS",
  market: "DEFERRED_EC2_MARKET",
  lifecycle: "DEFERRED_EC2_LIFECYCLE",
};

export function prepare(args: Arguments, env: NodeJS.ProcessEnv): Prepared {
  const settings = { ...env };
  for (const [option, variable] of Object.entries(VARIABLES)) {
    settings[variable] = args.text(option) ?? env[variable];
  }
  try {
    const target = readTarget(settings);
    const stackName = args.text("stack") ?? stackNameFor(target.url);
    return { args, target, clients: createClients(target), stackName };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new CliError(`the settings have mistakes:\n  ${error.mistakes.join("\n  ")}`, {
      hint: "correct these variables or options, then try again",
    });
  }
}

/** Tells a person of failures in words: of AWS's own, and of what is not done. */
export async function explained<Value>(target: Target, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) {
      throw new CliError(error.message, { hint: error.hint, cause: error });
    }
    if (!(error instanceof AwsCallError)) throw error;
    const { message, hint } = explain(error, target, { who: "person" });
    throw new CliError(message, { hint, cause: error });
  }
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
