import { setTimeout as sleep } from "node:timers/promises";
import {
  deleteStack,
  lastEvent,
  findMachines,
  ownStack,
  type Stack,
  terminateAll,
} from "../../server/providers/ec2/account/index.ts";
import { confirm } from "../terminal/confirm.ts";
import { print, tell } from "../terminal/print.ts";
import { explainFailures, type Prepared } from "./prepare.ts";
import { expectStatus, printProgress } from "./progress.ts";

export function teardownStack(prepared: Prepared, yes: boolean): Promise<void> {
  return explainFailures(prepared.target, async () => {
    const { target, clients, stackName } = prepared;
    const stack = await ownStack(clients, target, stackName);
    const machines = await findMachines(clients, target);
    if (machines.length > 0) {
      const count = `${machines.length} machine${machines.length === 1 ? "" : "s"}`;
      tell(`terminate  ${count}: ${machines.join(", ")}`);
    }
    if (stack) tell(`delete     the stack ${stackName}`);
    if (!stack && machines.length === 0) {
      tell(`nothing is left that was made for ${target.url}`);
      return;
    }
    for (const line of notes(stack)) tell(`note       ${line}`);
    if (!yes) {
      await confirm("Stop the server first, or it starts new machines. Go on?", {
        doing: "teardown",
        undone: "nothing was removed",
      });
    }
    if (machines.length > 0) {
      await terminateAll(clients, target, { InstanceIds: machines, sleep });
      print(`terminated ${machines.join(", ")}`);
    }
    if (stack) await removeStack(prepared, stack);
  });
}

/** What would keep the stack from being deleted, but can't be seen from here. */
function notes(stack: Stack | undefined): string[] {
  const user = stack?.outputs["UserName"];
  if (user === undefined) return [];
  return [
    `the user ${user} goes only without keys: aws iam delete-access-key --user-name ${user} --access-key-id ID`,
  ];
}

async function removeStack({ clients }: Prepared, stack: Stack): Promise<void> {
  const after = await lastEvent(clients, stack.id);
  await deleteStack(clients, stack.id);
  const followed = await printProgress(clients, stack.id, after);
  expectStatus(followed, {
    wanted: ["DELETE_COMPLETE"],
    after: "because something holds a part of it",
    hint: "remove what it names, such as the user's keys, then run deferred aws teardown again",
  });
  print(`deleted the stack ${stack.name}`);
  const bucket = stack.outputs["Bucket"];
  for (const name of followed.kept) {
    const what = name === "Bucket" && bucket ? `the bucket ${bucket}, with all results` : name;
    const how = name === "Bucket" && bucket ? `: aws s3 rb s3://${bucket} --force removes it` : "";
    print(`stays  ${what}${how}`);
  }
}
