import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "../ec2/store.ts";
import { makerIn, removeFrom } from "./made.ts";
import { createResolver, TemplateError, type Made, type Place } from "./resolve.ts";
import type { Resource, Template } from "./template.ts";

export interface Event {
  id: string;
  at: Date;
  logicalId: string;
  physicalId: string;
  type: string;
  status: string;
  reason: string | undefined;
}

interface Existing {
  type: string;
  made: Made;
  /** As they were resolved, to tell what differs. */
  properties: string;
  deletionPolicy: string;
}

export interface Stack {
  id: string;
  name: string;
  place: Place;
  status: string;
  reason: string | undefined;
  parameters: Record<string, string>;
  outputs: Record<string, string>;
  resources: Map<string, Existing>;
  events: Event[];
  createdAt: Date;
}

export interface Change {
  action: "Add" | "Modify" | "Remove";
  logicalId: string;
  type: string;
  replacement: "True" | "False" | undefined;
}

/** Where making, changing or removing a resource ends in failure, by its name in the template. */
export type Failures = Map<string, string>;

const STEP_MS = 3;

/** What happens to stacks: step by step, each told as an event, and undone where one of them fails. */
export function createStacks(store: Store, failures: Failures) {
  function tell(stack: Stack, event: Partial<Event> & { status: string }): void {
    const { logicalId = stack.name, physicalId = stack.id, reason } = event;
    const type = event.type ?? "AWS::CloudFormation::Stack";
    const id = randomUUID();
    const { status } = event;
    stack.events.unshift({ id, at: new Date(), logicalId, physicalId, type, status, reason });
    if (physicalId === stack.id) Object.assign(stack, { status, reason });
  }

  function newStack(name: string): Stack {
    const { accountId, region } = store;
    const id = `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/${randomUUID()}`;
    const place = { accountId, region, stackId: id, stackName: name };
    const stack: Stack = {
      id,
      name,
      place,
      status: "",
      reason: undefined,
      parameters: {},
      outputs: {},
      resources: new Map(),
      events: [],
      createdAt: new Date(),
    };
    tell(stack, { status: "REVIEW_IN_PROGRESS", reason: "User Initiated" });
    return stack;
  }

  /** What would change, with nothing done. Throws `Ec2Error` where the template can't be resolved. */
  function changesOf(stack: Stack, template: Template, parameters: Record<string, string>) {
    const resolved = new Map<string, Resource>();
    resolveAll(template, parameters, stack, (logicalId, resource) => {
      resolved.set(logicalId, resource);
      const known = { id: `(${logicalId})`, attributes: anything };
      return stack.resources.get(logicalId)?.made ?? known;
    });
    const changes: Change[] = [];
    for (const [logicalId, { Type: type, Properties }] of resolved) {
      const before = stack.resources.get(logicalId);
      if (!before) changes.push({ action: "Add", logicalId, type, replacement: undefined });
      else if (before.properties !== JSON.stringify(Properties)) {
        const renamed = before.properties.includes(`"BucketName"`) !== "BucketName" in Properties!;
        const replacement = type === "AWS::S3::Bucket" && renamed ? "True" : "False";
        changes.push({ action: "Modify", logicalId, type, replacement });
      }
    }
    for (const [logicalId, { type }] of stack.resources) {
      if (!resolved.has(logicalId)) {
        changes.push({ action: "Remove", logicalId, type, replacement: undefined });
      }
    }
    return changes;
  }

  async function apply(
    stack: Stack,
    template: Template,
    parameters: Record<string, string>,
  ): Promise<void> {
    const isNew = stack.resources.size === 0;
    const verb = isNew ? "CREATE" : "UPDATE";
    const before = stack.parameters;
    stack.parameters = parameters;
    tell(stack, { status: `${verb}_IN_PROGRESS`, reason: "User Initiated" });
    const make = makerIn(store, stack.place);
    const done: { logicalId: string; verb: string; type: string; physicalId: string }[] = [];
    const made = new Map<string, Existing>();
    let failed: { logicalId: string; type: string; verb: string; reason: string } | undefined;
    let outputs: Record<string, string> = {};
    try {
      outputs = resolveAll(template, parameters, stack, (logicalId, resource) => {
        const known = stack.resources.get(logicalId);
        const properties = JSON.stringify(resource.Properties);
        const { Type: type, DeletionPolicy: deletionPolicy = "Delete" } = resource;
        if (known?.properties === properties) {
          made.set(logicalId, known);
          return known.made;
        }
        const own = known ? "UPDATE" : "CREATE";
        const reason = failures.get(logicalId);
        if (reason !== undefined) {
          failed = { logicalId, type, verb: own, reason };
          throw new TemplateError(reason);
        }
        const one = make(logicalId, resource, known?.made);
        made.set(logicalId, { type, made: one, properties, deletionPolicy });
        done.push({ logicalId, verb: own, type, physicalId: one.id });
        return one;
      });
    } catch (error) {
      if (!(error instanceof TemplateError) || !failed) throw error;
    }
    for (const { verb: own, ...one } of done) {
      tell(stack, { ...one, physicalId: "", status: `${own}_IN_PROGRESS` });
      await sleep(STEP_MS);
      tell(stack, { ...one, status: `${own}_COMPLETE` });
    }
    if (failed) {
      await rollBack(stack, { isNew, verb, failed, made });
      if (!isNew) stack.parameters = before;
      return;
    }

    for (const [logicalId, existing] of stack.resources) {
      if (!made.has(logicalId)) await remove(stack, logicalId, existing);
    }
    Object.assign(stack, { outputs, resources: made });
    tell(stack, { status: `${verb}_COMPLETE` });
  }

  async function rollBack(
    stack: Stack,
    {
      isNew,
      verb,
      failed,
      made,
    }: {
      isNew: boolean;
      verb: string;
      failed: { logicalId: string; type: string; verb: string; reason: string };
      made: Map<string, Existing>;
    },
  ): Promise<void> {
    const { logicalId, type, reason } = failed;
    tell(stack, { logicalId, physicalId: "", type, status: `${failed.verb}_FAILED`, reason });
    tell(stack, {
      logicalId: "Another",
      physicalId: "",
      type: "AWS::EC2::Subnet",
      status: `${verb}_FAILED`,
      reason: "Resource creation cancelled",
    });
    const rollback = isNew ? "ROLLBACK" : "UPDATE_ROLLBACK";
    tell(stack, {
      status: `${rollback}_IN_PROGRESS`,
      reason: `The following resource(s) failed to ${verb.toLowerCase()}: [${logicalId}]. Rollback requested by user.`,
    });
    for (const [name, existing] of [...made].toReversed()) {
      if (!stack.resources.has(name)) await remove(stack, name, existing, { isRollback: true });
    }
    tell(stack, { status: `${rollback}_COMPLETE` });
  }

  async function remove(
    stack: Stack,
    logicalId: string,
    { type, made, deletionPolicy }: Existing,
    { isRollback = false } = {},
  ): Promise<boolean> {
    const event = { logicalId, physicalId: made.id, type };
    const stays =
      deletionPolicy === "Retain" || (deletionPolicy === "RetainExceptOnCreate" && !isRollback);
    if (stays) {
      tell(stack, { ...event, status: "DELETE_SKIPPED" });
      return true;
    }
    tell(stack, { ...event, status: "DELETE_IN_PROGRESS" });
    await sleep(STEP_MS);
    const reason = failures.get(logicalId) ?? removeFrom(store, type, made.id);
    const status = reason === undefined ? "DELETE_COMPLETE" : "DELETE_FAILED";
    tell(stack, { ...event, status, reason });
    return reason === undefined;
  }

  async function destroy(stack: Stack): Promise<void> {
    tell(stack, { status: "DELETE_IN_PROGRESS", reason: "User Initiated" });
    const left: string[] = [];
    for (const [logicalId, existing] of [...stack.resources].toReversed()) {
      if (await remove(stack, logicalId, existing)) stack.resources.delete(logicalId);
      else left.push(logicalId);
    }
    if (left.length === 0) tell(stack, { status: "DELETE_COMPLETE" });
    else {
      const reason = `The following resource(s) failed to delete: [${left.join(", ")}]. `;
      tell(stack, { status: "DELETE_FAILED", reason });
    }
  }

  return { newStack, changesOf, apply, destroy };
}

/** Resolves every resource of a template, and then its outputs, which it answers. */
function resolveAll(
  template: Template,
  parameters: Record<string, string>,
  stack: Stack,
  make: (logicalId: string, resource: Resource) => Made,
): Record<string, string> {
  const resolver = createResolver(template, parameters, stack.place, make);
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    if (resolver.isMade(resource)) resolver.resourceOf(logicalId);
  }
  return Object.fromEntries(
    Object.entries(template.Outputs)
      .filter(([, output]) => resolver.isMade(output))
      .map(([name, { Value }]) => [name, String(resolver.resolve(Value))]),
  );
}

/** Attributes of something that is not made yet. */
const anything: Record<string, string> = new Proxy({}, { get: (_, name) => `(${String(name)})` });
