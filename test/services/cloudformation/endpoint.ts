import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Ec2Error, missing } from "../ec2/error.ts";
import { Parameters } from "../ec2/parameters.ts";
import { verifySignature, type Keys } from "../ec2/signature.ts";
import type { Store } from "../ec2/store.ts";
import { xml, type Xml } from "../ec2/xml.ts";
import { TemplateError } from "./resolve.ts";
import { checkParameters } from "./check-parameters.ts";
import { createStacks, type Change, type Stack } from "./stacks.ts";
import { readTemplate, type Template } from "./template.ts";

const VERSION = "2010-05-15";
const NAMESPACE = `http://cloudformation.amazonaws.com/doc/${VERSION}/`;
const MAX_TEMPLATE_BYTES = 51_200;
const PAGE = 20;
/** Statuses in which a stack can be updated. */
const UPDATABLE = /^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/;

interface ChangeSet {
  id: string;
  name: string;
  stack: Stack;
  status: "CREATE_PENDING" | "CREATE_IN_PROGRESS" | "CREATE_COMPLETE" | "FAILED";
  execution: "UNAVAILABLE" | "AVAILABLE" | "EXECUTE_IN_PROGRESS";
  reason: string | undefined;
  changes: Change[];
  template: Template;
  parameters: Record<string, string>;
}

/** An endpoint that speaks CloudFormation's Query API, with stacks whose EC2 resources are in `store`. */
export async function startCloudFormation({ store, keys }: { store: Store; keys: Keys }) {
  const failures = new Map<string, string>();
  const { newStack, changesOf, apply, destroy } = createStacks(store, failures);
  const stacks: Stack[] = [];
  const changeSets: ChangeSet[] = [];
  const calls: string[] = [];
  const running = new Set<Promise<void>>();
  const begin = (work: Promise<void>): void => {
    running.add(work);
    void work.finally(() => running.delete(work));
  };

  /** By name those that exist, by id also those that are gone. */
  function stackOf(parameters: Parameters): Stack {
    const named = parameters.required("StackName");
    const found = stacks.find(
      ({ id, name, status }) => id === named || (name === named && status !== "DELETE_COMPLETE"),
    );
    if (found) return found;
    throw new Ec2Error("ValidationError", `Stack with id ${named} does not exist`);
  }

  function changeSetOf(parameters: Parameters): ChangeSet {
    const named = parameters.required("ChangeSetName");
    const found = changeSets.find(({ id }) => id === named);
    if (found) return found;
    throw new Ec2Error("ChangeSetNotFound", `ChangeSet [${named}] does not exist`);
  }

  async function prepare(set: ChangeSet): Promise<void> {
    await sleep(10);
    set.status = "CREATE_IN_PROGRESS";
    await sleep(10);
    try {
      set.changes = changesOf(set.stack, set.template, set.parameters);
      const isSame =
        JSON.stringify(set.parameters) === JSON.stringify(set.stack.parameters) &&
        set.changes.length === 0;
      if (isSame) throw new TemplateError(NO_CHANGES);
      set.status = "CREATE_COMPLETE";
      set.execution = "AVAILABLE";
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      set.status = "FAILED";
      set.reason = error.message;
    }
  }

  const ACTIONS: Record<string, (parameters: Parameters) => Xml> = {
    DescribeStacks(parameters) {
      const found = parameters.has("StackName")
        ? [stackOf(parameters)]
        : stacks.filter(({ status }) => status !== "DELETE_COMPLETE");
      return { Stacks: found.map(stackXml) };
    },

    CreateChangeSet(parameters) {
      const name = parameters.required("StackName");
      if (!/^[a-zA-Z][-a-zA-Z0-9]*$/.test(name) && !name.startsWith("arn:")) {
        throw new Ec2Error("ValidationError", `1 validation error: Value '${name}' at 'stackName'`);
      }
      const body = parameters.required("TemplateBody");
      if (Buffer.byteLength(body) > MAX_TEMPLATE_BYTES) {
        throw new Ec2Error(
          "ValidationError",
          "1 validation error: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200",
        );
      }
      const type = parameters.text("ChangeSetType") ?? "UPDATE";
      let stack = stacks.find((one) => one.name === name && one.status !== "DELETE_COMPLETE");
      if (type === "CREATE" ? stack && stack.status !== "REVIEW_IN_PROGRESS" : !stack) {
        throw new Ec2Error(
          "ValidationError",
          stack
            ? `Stack [${name}] already exists and cannot be created again with the changeSet [${parameters.text("ChangeSetName")}].`
            : `Stack [${name}] does not exist`,
        );
      }
      if (type === "UPDATE" && stack && !UPDATABLE.test(stack.status)) {
        throw new Ec2Error(
          "ValidationError",
          `Stack:${stack.id} is in ${stack.status} state and can not be updated.`,
        );
      }
      const template = readTemplate(body);
      const given = Object.fromEntries(
        parameters
          .structures("Parameters.member")
          .map((one) => [one.required("ParameterKey"), one.text("ParameterValue") ?? ""]),
      );
      const values = checkParameters(template, given);
      const capabilities = parameters.list("Capabilities.member");
      if (/"AWS::IAM::/.test(JSON.stringify(template)) && capabilities.length === 0) {
        throw new Ec2Error(
          "InsufficientCapabilitiesException",
          "Requires capabilities : [CAPABILITY_IAM]",
        );
      }
      if (!stack) stacks.unshift((stack = newStack(name)));
      const setName = parameters.required("ChangeSetName");
      const set: ChangeSet = {
        id: stack.id.replace(/:stack\/.*/, `:changeSet/${setName}/${randomUUID()}`),
        name: setName,
        stack,
        status: "CREATE_PENDING",
        execution: "UNAVAILABLE",
        reason: undefined,
        changes: [],
        template,
        parameters: values,
      };
      changeSets.push(set);
      begin(prepare(set));
      return { Id: set.id, StackId: stack.id };
    },

    DescribeChangeSet(parameters) {
      const set = changeSetOf(parameters);
      const from = Number(parameters.text("NextToken") ?? 0);
      const next = from + PAGE < set.changes.length ? String(from + PAGE) : undefined;
      return {
        ChangeSetId: set.id,
        ChangeSetName: set.name,
        StackId: set.stack.id,
        StackName: set.stack.name,
        Status: set.status,
        StatusReason: set.reason,
        ExecutionStatus: set.execution,
        Changes: set.changes.slice(from, from + PAGE).map((change) => ({
          Type: "Resource",
          ResourceChange: {
            Action: change.action,
            LogicalResourceId: change.logicalId,
            ResourceType: change.type,
            Replacement: change.replacement,
          },
        })),
        NextToken: next,
      };
    },

    ExecuteChangeSet(parameters) {
      const set = changeSetOf(parameters);
      if (set.execution !== "AVAILABLE") {
        throw new Ec2Error(
          "InvalidChangeSetStatus",
          `ChangeSet [${set.id}] cannot be executed in its current status of [${set.status}]`,
        );
      }
      set.execution = "EXECUTE_IN_PROGRESS";
      begin(apply(set.stack, set.template, set.parameters));
      return {};
    },

    DeleteChangeSet(parameters) {
      changeSets.splice(changeSets.indexOf(changeSetOf(parameters)), 1);
      return {};
    },

    DescribeStackEvents(parameters) {
      const { events, id, name } = stackOf(parameters);
      const from = Number(parameters.text("NextToken") ?? 0);
      return {
        StackEvents: events.slice(from, from + PAGE).map((event) => ({
          StackId: id,
          StackName: name,
          EventId: event.id,
          LogicalResourceId: event.logicalId,
          PhysicalResourceId: event.physicalId,
          ResourceType: event.type,
          ResourceStatus: event.status,
          ResourceStatusReason: event.reason,
          Timestamp: event.at,
        })),
        NextToken: from + PAGE < events.length ? String(from + PAGE) : undefined,
      };
    },

    DeleteStack(parameters) {
      const named = parameters.required("StackName");
      const stack = stacks.find(({ id, name }) => id === named || name === named);
      if (stack && stack.status !== "DELETE_COMPLETE") begin(destroy(stack));
      return {};
    },
  };

  async function answer(request: IncomingMessage): Promise<[number, string]> {
    try {
      const body = await text(request);
      const { method = "", url: target = "/" } = request;
      const headers = request.headers as Record<string, string | undefined>;
      verifySignature({ method, target, headers, body }, keys, Date.now(), "cloudformation");
      const form = new URLSearchParams(body);
      if (form.get("Version") !== VERSION) throw missing("Version");
      const name = form.get("Action") ?? "";
      calls.push(name);
      const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
      if (!action) throw new Ec2Error("InvalidAction", `Could not find operation ${name}`);
      const result = { [`${name}Result`]: action(new Parameters(form)) };
      const whole = { ...result, ResponseMetadata: { RequestId: randomUUID() } };
      return [200, xml(`${name}Response`, whole, ` xmlns="${NAMESPACE}"`, "member")];
    } catch (error) {
      const known = error instanceof Ec2Error ? error : new Ec2Error("Internal", String(error));
      const Error = { Type: "Sender", Code: known.code, Message: known.message };
      const whole = { Error, RequestId: randomUUID() };
      return [known.status, xml("ErrorResponse", whole, ` xmlns="${NAMESPACE}"`)];
    }
  }

  const server = createServer((request, response) => {
    void answer(request).then(([status, document]) => {
      response.writeHead(status, { "content-type": "text/xml" }).end(document);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    env: { AWS_ENDPOINT_URL_CLOUDFORMATION: url },
    stacks,
    changeSets,
    calls,
    /** What making, changing or removing a resource fails with, by its name in the template. */
    failures,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(running);
    },
  };
}

const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

function stackXml(stack: Stack): Xml {
  const pairs = (record: Record<string, string>, prefix: string): Xml[] =>
    Object.entries(record).map(([key, value]) => ({
      [`${prefix}Key`]: key,
      [`${prefix}Value`]: value,
    }));
  return {
    StackId: stack.id,
    StackName: stack.name,
    StackStatus: stack.status,
    StackStatusReason: stack.reason,
    CreationTime: stack.createdAt,
    Parameters: pairs(stack.parameters, "Parameter"),
    Outputs: pairs(stack.outputs, "Output"),
  };
}
