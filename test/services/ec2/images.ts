import { endDryRun, tagsFor, type Action } from "./action.ts";
import { Ec2Error } from "./error.ts";
import { newResourceId, type Image } from "./store.ts";

/** Milliseconds until an image is known, and those until it is copied. */
const TIMES = { knownMs: 30, copiedMs: 150 };

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
      state: "pending",
      tags: tagsFor("image", parameters),
    };
    endDryRun(context);
    setTimeout(() => store.images.push(image), TIMES.knownMs).unref();
    setTimeout(() => {
      store.images[store.images.indexOf(image)] = { ...image, state: "available" };
    }, TIMES.copiedMs).unref();
    return { imageId: image.id };
  },
};
