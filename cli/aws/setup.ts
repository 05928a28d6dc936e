import { setTimeout as sleep } from "node:timers/promises";
import {
  type Change,
  type Clients,
  deleteStack,
  discard,
  execute,
  isAtRest,
  lastEvent,
  ownStack,
  type Proposal,
  propose,
  type Stack,
  stackParameters,
} from "../../server/providers/ec2/account/index.ts";
import { CliError, UsageError } from "../errors/cli-error.ts";
import { columns } from "../terminal/columns.ts";
import { confirm } from "../terminal/confirm.ts";
import { packageFile } from "../layout.ts";
import { print, tell } from "../terminal/print.ts";
import { explainFailures, type Prepared } from "./prepare.ts";
import { expectStatus, printProgress } from "./progress.ts";

interface SetupOptions {
  set?: string[] | undefined;
  dryRun?: true | undefined;
  yes?: true | undefined;
}

export function setupStack(prepared: Prepared, options: SetupOptions): Promise<void> {
  return explainFailures(prepared.target, async () => {
    const { target, clients, stackName } = prepared;
    const said = parseParameters(options.set ?? []);
    const dryRun = options.dryRun ?? false;
    const stack = await findUsableStack(prepared, dryRun);
    const template = packageFile("infra/stack.yaml");
    const parameters = await stackParameters(clients, target, { stack, template, said });
    const proposal = await propose(clients, {
      name: stackName,
      stack,
      template,
      parameters,
      now: Date.now,
      sleep,
    });
    if (proposal === undefined) tell(`the stack ${stackName} is as it should be`);
    else {
      tell(...describe(proposal, stackName));
      if (dryRun) return discard(clients, proposal);
      if (!options.yes) await confirmOrDiscard(clients, proposal);
      const after = await lastEvent(clients, proposal.stackId);
      await execute(clients, proposal);
      expectStatus(await printProgress(clients, proposal.stackId, after), {
        wanted: ["CREATE_COMPLETE", "UPDATE_COMPLETE"],
        after: "because something failed, and what was done for it is undone",
        hint: "correct what it names, then run deferred aws setup again",
      });
    }
    printOutputs(await ownStack(clients, target, proposal?.stackId ?? stack?.id ?? stackName));
  });
}

/** The values of `--set NAME=VALUE`. */
function parseParameters(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((one) => {
      const [, name, value] = /^([A-Za-z0-9]+)=(.*)$/s.exec(one) ?? [];
      if (name === "ServerUrl")
        throw new UsageError("the stack's server is set by its URL: use --url");
      if (name !== undefined && value !== undefined) return [name, value];
      throw new UsageError(`--set takes NAME=VALUE, such as GitOverSsh=no, not "${one}"`);
    }),
  );
}

/** The stack once it can be changed: at rest, and not left by a creation that failed. */
async function findUsableStack(
  { clients, target, stackName }: Prepared,
  dryRun: boolean,
): Promise<Stack | undefined> {
  let stack = await ownStack(clients, target, stackName);
  if (!stack || stack.status === "REVIEW_IN_PROGRESS") return stack;
  const after = await lastEvent(clients, stack.id);
  stack = (await ownStack(clients, target, stack.id)) ?? stack;
  if (!isAtRest(stack.status)) {
    tell(`the stack ${stackName} is ${stack.status}: waiting until it is done`);
    await printProgress(clients, stack.id, after);
    stack = (await ownStack(clients, target, stack.id)) ?? stack;
  }
  if (stack.status === "DELETE_COMPLETE") return undefined;
  // A stack whose creation failed is empty, and can only be deleted.
  if (stack.status !== "ROLLBACK_COMPLETE") return stack;
  if (dryRun) {
    throw new CliError(`the stack ${stackName} is what an attempt that failed left`, {
      hint: "without --dry-run it is removed, and another is made",
    });
  }
  tell(`removing what the attempt that failed left of ${stackName}`);
  const before = await lastEvent(clients, stack.id);
  await deleteStack(clients, stack.id);
  expectStatus(await printProgress(clients, stack.id, before), {
    wanted: ["DELETE_COMPLETE"],
    after: "though it was empty",
    hint: "delete the stack in the console, then run deferred aws setup again",
  });
  return undefined;
}

async function confirmOrDiscard(clients: Clients, proposal: Proposal): Promise<void> {
  try {
    await confirm("Go on?", { doing: "setup", undone: "nothing was changed" });
  } catch (error) {
    await discard(clients, proposal);
    throw error;
  }
}

const REPLACING: Partial<Record<Change["replaces"], string>> = {
  yes: "replace",
  maybe: "change or replace",
};
const VERBS: Record<string, string> = { Add: "make", Modify: "change", Remove: "remove" };

function describe({ isNew, changes }: Proposal, name: string): string[] {
  const describeAction = ({ action, replaces }: Change) =>
    REPLACING[replaces] ?? VERBS[action] ?? action.toLowerCase();
  const rows = changes.map((change) => [describeAction(change), change.name, change.type]);
  const bucket = changes.find(
    ({ type, replaces }) => replaces === "yes" && type === "AWS::S3::Bucket",
  );
  return [
    `${isNew ? "A new stack" : "The stack"} ${name} would`,
    ...(rows.length > 0 ? columns(rows) : ["change nothing but what it says of itself"]).map(
      (line) => `  ${line}`,
    ),
    ...(bucket ? ["  The old bucket stays, with all results; pages find them there no more."] : []),
    "",
  ];
}

function printOutputs(stack: Stack | undefined): void {
  const { Environment = "", UserName, InstanceProfile } = stack?.outputs ?? {};
  const next = [
    ...(UserName
      ? [
          `The server's key, once: aws iam create-access-key --user-name ${UserName}`,
          "Put both of its parts into the server's environment file (mode 0600).",
        ]
      : []),
    ...(InstanceProfile
      ? [`The server's own machine gets the instance profile ${InstanceProfile}, and no key.`]
      : []),
    "The server's variables follow; then: deferred aws doctor",
  ];
  tell("", ...next, "");
  print(...Environment.split("\n"));
}
