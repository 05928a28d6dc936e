import { setTimeout as sleep } from "node:timers/promises";
import {
  type Clients,
  failuresIn,
  followStack,
  type Happened,
  isAtRest,
} from "../../server/providers/ec2/account/index.ts";
import { CliError } from "../errors/cli-error.ts";
import { tell } from "../terminal/print.ts";

export interface StackOutcome {
  /** The stack's last status. */
  status: string;
  failures: string[];
  /** Resources that stay when the stack goes. */
  kept: string[];
}

/** Prints what happens to a stack until it is at rest. */
export async function printProgress(
  clients: Clients,
  stackId: string,
  after: string | undefined,
): Promise<StackOutcome> {
  const all: Happened[] = [];
  for await (const happened of followStack(clients, stackId, { after, sleep })) {
    all.push(happened);
    const { status, name, type, reason, isStack } = happened;
    if (isStack ? !isAtRest(status) : status.endsWith("_IN_PROGRESS")) continue;
    const why = reason === undefined ? "" : `: ${reason}`;
    tell(`${status.toLowerCase().replaceAll("_", " ")}  ${name} (${type})${why}`);
  }
  return {
    status: all.at(-1)?.status ?? "",
    failures: failuresIn(all),
    kept: all.flatMap(({ status, name }) => (status === "DELETE_SKIPPED" ? name : [])),
  };
}

/** Throws where it did not end as it was meant to, with the reasons. */
export function expectStatus(
  { status, failures }: StackOutcome,
  { wanted, after, hint }: { wanted: string[]; after: string; hint: string },
): void {
  if (wanted.includes(status)) return;
  const reasons = failures.length > 0 ? failures : ["CloudFormation gave no reason"];
  throw new CliError(
    `the stack is ${status.toLowerCase().replaceAll("_", " ")} ${after}:\n  ${reasons.join("\n  ")}`,
    { hint },
  );
}
