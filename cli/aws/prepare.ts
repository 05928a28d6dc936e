import {
  AwsCallError,
  type Clients,
  createClients,
  explain,
  readTarget,
  AccountError,
  stackNameFor,
  type Target,
} from "../../server/providers/ec2/account/index.ts";
import { SettingsError } from "../../server/settings/settings.ts";
import { CliError } from "../errors/cli-error.ts";

export interface Prepared {
  target: Target;
  clients: Clients;
  /** The name of the server's stack. */
  stackName: string;
}

/** Options that override the server's environment variables, and the name of the stack. */
export interface TargetOptions {
  url?: string | undefined;
  region?: string | undefined;
  types?: string | undefined;
  image?: string | undefined;
  subnets?: string | undefined;
  market?: string | undefined;
  lifecycle?: string | undefined;
  stack?: string | undefined;
}

export function prepare(options: TargetOptions, env: NodeJS.ProcessEnv): Prepared {
  const { url, region, types, image, subnets, market, lifecycle, stack } = options;
  const settings = {
    ...env,
    DEFERRED_URL: url ?? env["DEFERRED_URL"],
    AWS_REGION: region ?? env["AWS_REGION"],
    DEFERRED_EC2_TYPES: types ?? env["DEFERRED_EC2_TYPES"],
    DEFERRED_EC2_AMI: image ?? env["DEFERRED_EC2_AMI"],
    DEFERRED_EC2_SUBNETS: subnets ?? env["DEFERRED_EC2_SUBNETS"],
    DEFERRED_EC2_MARKET: market ?? env["DEFERRED_EC2_MARKET"],
    DEFERRED_EC2_LIFECYCLE: lifecycle ?? env["DEFERRED_EC2_LIFECYCLE"],
  };
  try {
    const target = readTarget(settings);
    return { target, clients: createClients(target), stackName: stack ?? stackNameFor(target.url) };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new CliError(`the settings have mistakes:\n  ${error.mistakes.join("\n  ")}`, {
      hint: "correct these variables or options, then try again",
    });
  }
}

/** Turns AWS's failures and our refusals into `CliError`s. */
export async function explainFailures<Value>(
  target: Target,
  work: () => Promise<Value>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AccountError) {
      throw new CliError(error.message, { hint: error.hint, cause: error });
    }
    if (!(error instanceof AwsCallError)) throw error;
    const { message, hint } = explain(error, target, { who: "person" });
    throw new CliError(message, { hint, cause: error });
  }
}
