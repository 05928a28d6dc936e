import { DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { hasCode } from "../call-error.ts";
import type { Clients } from "../clients.ts";
import { AccountError } from "../refusal.ts";
import type { Target } from "../target.ts";

export interface Stack {
  /** Its ARN, which also finds a deleted stack. */
  id: string;
  name: string;
  status: string;
  parameters: Record<string, string>;
  outputs: Record<string, string>;
}

/** The default name of a server's stack. */
export function stackNameFor(url: string): string {
  const { host } = new URL(url);
  const words = host.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 100);
  return `deferred-${words}`.replace(/-+$/, "");
}

/** Finds a stack by name or id. */
async function findStack(
  { cloudformation }: Clients,
  StackName: string,
): Promise<Stack | undefined> {
  try {
    const { Stacks: [found] = [] } = await cloudformation.send(
      new DescribeStacksCommand({ StackName }),
    );
    return (
      found && {
        id: found.StackId ?? "",
        name: found.StackName ?? "",
        status: found.StackStatus ?? "",
        parameters: Object.fromEntries(
          (found.Parameters ?? []).map((one) => [one.ParameterKey, one.ParameterValue ?? ""]),
        ),
        outputs: Object.fromEntries(
          (found.Outputs ?? []).map((one) => [one.OutputKey, one.OutputValue ?? ""]),
        ),
      }
    );
  } catch (error) {
    if (hasCode(error, "ValidationError") && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
}

/** Finds this server's stack by name. Throws `AccountError` if it belongs to another server. */
export async function ownStack(
  clients: Clients,
  target: Target,
  name: string,
): Promise<Stack | undefined> {
  const stack = await findStack(clients, name);
  const owner = stack?.parameters["ServerUrl"];
  // A stack in review has no parameters yet, so its owner is unknown.
  if (!stack || stack.status === "REVIEW_IN_PROGRESS" || owner === target.url) return stack;
  throw new AccountError(
    `the stack ${name} is ${owner === undefined ? "something else's" : `of ${owner}`}`,
    `name another with --stack; ${target.url} is what --url or DEFERRED_URL say`,
  );
}
