import {
  discard,
  execute,
  propose,
  type Change,
  type Proposal,
} from "../../server/providers/ec2/account/stack/change-set.ts";
import {
  deleteStack,
  isAtRest,
  lastEvent,
} from "../../server/providers/ec2/account/stack/events.ts";
import { stackParameters } from "../../server/providers/ec2/account/stack/parameters.ts";
import { ownStack, type Stack } from "../../server/providers/ec2/account/stack/stack.ts";
import { CliError } from "../cli-error.ts";
import { columns } from "../columns.ts";
import { confirm } from "../confirm.ts";
import { stackTemplate } from "../layout.ts";
import { print, tell } from "../print.ts";
import { explained, sleep, type Prepared } from "./prepare.ts";
import { expectStatus, printProgress } from "./progress.ts";

export function setup(prepared: Prepared): Promise<void> {
  return explained(prepared.target, async () => {
    const { args, target, clients, stackName } = prepared;
    const said = sayings(prepared);
    const stack = await usable(prepared);
    const template = stackTemplate();
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
      tell(...words(proposal, stackName));
      if (args.flag("dry-run")) return discard(clients, proposal);
      await agreed(prepared, proposal);
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

/** `--set NAME=VALUE`. */
function sayings({ args }: Prepared): Record<string, string> {
  return Object.fromEntries(
    args.list("set").map((one) => {
      const [, name, value] = /^([A-Za-z0-9]+)=(.*)$/s.exec(one) ?? [];
      if (name === "ServerUrl") throw args.wrong("the stack is told by its server: use --url");
      if (name !== undefined && value !== undefined) return [name, value];
      throw args.wrong(`--set takes NAME=VALUE, such as GitOverSsh=no, not "${one}"`);
    }),
  );
}

/** The stack as it can be changed: at rest, and not what an attempt that failed left. */
async function usable({ args, clients, target, stackName }: Prepared): Promise<Stack | undefined> {
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
  // Nothing is left in a stack whose making failed, and nothing can be done with it either.
  if (stack.status !== "ROLLBACK_COMPLETE") return stack;
  if (args.flag("dry-run")) {
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

async function agreed({ args, clients }: Prepared, proposal: Proposal): Promise<void> {
  if (args.flag("yes")) return;
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

function words({ isNew, changes }: Proposal, name: string): string[] {
  const verbOf = ({ action, replaces }: Change) =>
    REPLACING[replaces] ?? VERBS[action] ?? action.toLowerCase();
  const rows = changes.map((change) => [verbOf(change), change.name, change.type]);
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
