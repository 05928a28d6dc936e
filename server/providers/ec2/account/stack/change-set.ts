import {
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  ExecuteChangeSetCommand,
  type DescribeChangeSetCommandOutput,
} from "@aws-sdk/client-cloudformation";
import type { Clients } from "../clients.ts";
import { AccountError } from "../refusal.ts";
import type { Stack } from "./stack.ts";
import { pauses, type Sleep } from "./pauses.ts";

/** A change set's effect on one resource. */
export interface Change {
  /** `Add`, `Modify`, `Remove`. */
  action: string;
  name: string;
  type: string;
  /** Whether the resource is replaced; `maybe` if only the execution decides. */
  replaces: "yes" | "maybe" | "no";
}

export interface Proposal {
  changeSet: string;
  stackId: string;
  /** Whether there was no stack before. */
  isNew: boolean;
  changes: Change[];
}

export interface Proposed {
  name: string;
  /** The existing stack; undefined for a new one. */
  stack: Stack | undefined;
  template: string;
  parameters: Record<string, string>;
  now: () => number;
  sleep: Sleep;
}

const REPLACES = { True: "yes", Conditional: "maybe", False: "no" } as const;

/** Creates a change set without executing it; undefined if nothing differs. Throws `AccountError`. */
export async function propose(
  clients: Clients,
  { name, stack, template, parameters, now, sleep }: Proposed,
): Promise<Proposal | undefined> {
  const isNew = stack === undefined || stack.status === "REVIEW_IN_PROGRESS";
  const { Id = "", StackId = "" } = await clients.cloudformation.send(
    new CreateChangeSetCommand({
      StackName: name,
      ChangeSetName: `deferred-${now()}`,
      ChangeSetType: isNew ? "CREATE" : "UPDATE",
      TemplateBody: template,
      Capabilities: ["CAPABILITY_IAM"],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    }),
  );
  const proposal = { changeSet: Id, stackId: StackId, isNew };
  for (const pause of pauses()) {
    const pages = await describe(clients, proposal);
    const { Status = "", StatusReason = "" } = pages[0]!;
    if (Status === "CREATE_COMPLETE") return { ...proposal, changes: pages.flatMap(changesOf) };
    if (Status === "FAILED") {
      await discard(clients, proposal);
      if (/didn't contain changes|No updates are to be performed/.test(StatusReason)) {
        return undefined;
      }
      throw new AccountError(
        `CloudFormation can't do that: ${StatusReason}`,
        "correct what it names; docs/aws.md lists the stack's parameters",
      );
    }
    await sleep(pause);
  }
  throw new Error("Pauses do not end.");
}

/** Deletes a change set, and the empty stack that was created for it. */
export async function discard(
  { cloudformation }: Clients,
  { changeSet, stackId, isNew }: Pick<Proposal, "changeSet" | "stackId" | "isNew">,
): Promise<void> {
  if (isNew) await cloudformation.send(new DeleteStackCommand({ StackName: stackId }));
  else {
    const command = new DeleteChangeSetCommand({ ChangeSetName: changeSet, StackName: stackId });
    await cloudformation.send(command);
  }
}

/** Starts the execution; follow it by the stack's events. */
export async function execute(
  { cloudformation }: Clients,
  { changeSet, stackId }: Proposal,
): Promise<void> {
  await cloudformation.send(
    new ExecuteChangeSetCommand({ ChangeSetName: changeSet, StackName: stackId }),
  );
}

async function describe(
  { cloudformation }: Clients,
  { changeSet, stackId }: { changeSet: string; stackId: string },
): Promise<DescribeChangeSetCommandOutput[]> {
  const pages: DescribeChangeSetCommandOutput[] = [];
  let NextToken: string | undefined;
  do {
    const page = await cloudformation.send(
      new DescribeChangeSetCommand({ ChangeSetName: changeSet, StackName: stackId, NextToken }),
    );
    pages.push(page);
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return pages;
}

function changesOf({ Changes = [] }: DescribeChangeSetCommandOutput): Change[] {
  return Changes.flatMap(({ ResourceChange: change }) =>
    change
      ? {
          action: change.Action ?? "Modify",
          name: change.LogicalResourceId ?? "",
          type: change.ResourceType ?? "",
          replaces: REPLACES[change.Replacement ?? "False"],
        }
      : [],
  );
}
