import { endDryRun, type Action, type ActionContext } from "./action.ts";
import { Ec2Error, missing } from "./error.ts";
import { filtered, page } from "./filters.ts";
import { instanceXml, STATE_CODES, stateXml } from "./instance-xml.ts";
import { runInstances } from "./run-instances.ts";
import type { Instance, StateName } from "./store.ts";
import type { Xml } from "./xml.ts";

/** Instances that a request names. Throws where one of them is not known. */
function named(
  { parameters, store, lifecycle }: ActionContext,
  ids = parameters.list("InstanceId"),
): Instance[] {
  const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed !== undefined) {
    throw new Ec2Error("InvalidInstanceID.Malformed", `Invalid id: "${malformed}"`);
  }
  const found = ids.map((id) => store.instances.get(id));
  const unknown = ids.filter((_, index) => !found[index] || !lifecycle.isKnown(found[index]));
  if (unknown.length > 0) {
    throw new Ec2Error(
      "InvalidInstanceID.NotFound",
      unknown.length === 1
        ? `The instance ID '${unknown[0]}' does not exist`
        : `The instance IDs '${unknown.join(", ")}' do not exist`,
    );
  }
  return found.flatMap((instance) => instance ?? []);
}

function needed(context: ActionContext): Instance[] {
  const instances = named(context);
  if (instances.length === 0) throw missing("InstanceId");
  return instances;
}

/** Does `change` to each and answers with the state before and after it. */
function changed(instances: Instance[], change: (instance: Instance) => void): Record<string, Xml> {
  return {
    instancesSet: instances.map((instance) => {
      const previousState = stateXml(instance.state);
      change(instance);
      return {
        instanceId: instance.id,
        currentState: stateXml(instance.state),
        previousState,
      };
    }),
  };
}

function isNitro(type: string): boolean {
  return !/^(t2|m4|c4)\./.test(type);
}

function refuseStates(instances: Instance[], states: StateName[], participle: string): void {
  const refused = instances.find(({ state }) => states.includes(state));
  if (!refused) return;
  throw new Ec2Error(
    "IncorrectInstanceState",
    `The instance '${refused.id}' is not in a state from which it can be ${participle}.`,
  );
}

export const instanceActions: Record<string, Action> = {
  RunInstances: runInstances,

  DescribeInstances(context) {
    const { parameters, store, lifecycle } = context;
    const asked = parameters.has("InstanceId");
    if (asked && parameters.has("MaxResults")) {
      throw new Ec2Error(
        "InvalidParameterCombination",
        "The parameter instancesSet cannot be used with the parameter maxResults",
      );
    }
    const known = [...store.instances.values()].filter(lifecycle.isKnown);
    const found = filtered(asked ? named(context) : known, parameters, (instance) => ({
      "instance-id": instance.id,
      "instance-state-name": instance.state,
      "instance-state-code": String(STATE_CODES[instance.state]),
      "instance-type": instance.type,
      "instance-lifecycle": instance.isSpot ? "spot" : undefined,
      "client-token": instance.clientToken,
      "image-id": instance.imageId,
      "subnet-id": instance.subnetId,
      "availability-zone": instance.zone,
      "reservation-id": instance.reservationId,
      "instance.group-id": instance.groups,
      architecture: instance.architecture,
    }));
    const reservations = Map.groupBy(found, ({ reservationId }) => reservationId);
    const { items, nextToken } = page([...reservations], parameters);
    return {
      reservationSet: items.map(([reservationId, instances]) => ({
        reservationId,
        ownerId: store.accountId,
        groupSet: [],
        instancesSet: instances.map((instance, index) => instanceXml(instance, store, index)),
      })),
      nextToken,
    };
  },

  GetConsoleOutput(context) {
    const { parameters, lifecycle, now } = context;
    const [instance] = named(context, [parameters.required("InstanceId")]);
    if (!instance) throw missing("InstanceId");
    if (parameters.flag("Latest") && !isNitro(instance.type)) {
      throw new Ec2Error(
        "UnsupportedOperation",
        "This instance type does not support retrieving the latest console logs.",
      );
    }
    endDryRun(context);
    return {
      instanceId: instance.id,
      timestamp: new Date(now()),
      output: Buffer.from(lifecycle.console(instance).slice(-65_536)).toString("base64"),
    };
  },

  StartInstances(context) {
    const instances = needed(context);
    refuseStates(instances, ["stopping", "shutting-down", "terminated"], "started");
    endDryRun(context);
    return changed(instances, (instance) => {
      if (instance.state !== "stopped") return;
      instance.launchedAt = context.now();
      context.lifecycle.begin(instance);
    });
  },

  StopInstances(context) {
    const instances = needed(context);
    const spot = instances.find(({ isSpot }) => isSpot);
    if (spot) {
      throw new Ec2Error(
        "UnsupportedOperation",
        `You can't stop the Spot Instance '${spot.id}' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.`,
      );
    }
    refuseStates(instances, ["pending", "shutting-down", "terminated"], "stopped");
    endDryRun(context);
    return changed(instances, (instance) => {
      if (instance.state === "running") context.lifecycle.stop(instance);
    });
  },

  TerminateInstances(context) {
    const instances = needed(context);
    endDryRun(context);
    return changed(instances, (instance) => {
      const { state } = instance;
      if (state !== "shutting-down" && state !== "terminated") {
        context.lifecycle.terminate(instance);
      }
    });
  },
};
