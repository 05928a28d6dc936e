import { endDryRun, tagsFor, type Action } from "./action.ts";
import { Ec2Error } from "./error.ts";
import { newResourceId, type Image, type Store } from "./store.ts";

/** How images are made of instances. */
export const imageActions: Record<string, Action> = {
  CreateImage(context) {
    const { parameters, store, lifecycle, now } = context;
    const id = parameters.required("InstanceId");
    const name = parameters.required("Name");
    const instance = store.instances.get(id);
    if (!instance || !lifecycle.isKnown(instance)) {
      throw new Ec2Error("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
    }
    if (instance.state !== "running" && instance.state !== "stopped") {
      throw new Ec2Error(
        "IncorrectState",
        `The instance '${id}' is ${instance.state}: it has to be running or stopped.`,
      );
    }
    if (!/^[\w() ./'@[\]-]{3,128}$/.test(name)) {
      throw new Ec2Error("InvalidAMIName.Malformed", `AMI name '${name}' is not valid.`);
    }
    const base = store.images.find((one) => one.id === instance.imageId)!;
    const image: Image = {
      id: newResourceId("ami"),
      name,
      owner: store.accountId,
      architecture: base.architecture,
      createdAt: new Date(now()).toISOString(),
      rootDevice: base.rootDevice,
      size: store.volumes.get(instance.volumes[0]!)!.size,
      state: "unlisted",
      tags: tagsFor("image", parameters),
    };
    endDryRun(context);
    store.images.push(image);
    return { imageId: image.id };
  },
};

const NEXT_STATE: Partial<Record<Image["state"], Image["state"]>> = {
  unlisted: "pending",
  pending: "available",
};

/**
 * The next request about these images finds them a state further. By requests and not by time, so that each
 * state is seen however slowly the caller asks.
 */
export function advanceImages(store: Store, ids: readonly string[]): void {
  for (const [index, image] of store.images.entries()) {
    const state = ids.includes(image.id) ? NEXT_STATE[image.state] : undefined;
    if (state) store.images[index] = { ...image, state };
  }
}
