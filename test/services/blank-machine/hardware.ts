import type { Hardware } from "../ec2/hardware.ts";
import { startMetadata } from "../metadata.ts";
import { machineIn, type Running } from "./machine.ts";

/** Instances that are blank machines: each boots the disk in its folder. */
export const blankMachines: Hardware = {
  boot({ id, userData, folder }) {
    // The instance's own says where cloud-init may look; this one says what it looks for.
    const booted = startMetadata({ instanceId: id, userData: userData.toString() }).then(
      (metadata) => {
        const running: Running = machineIn(folder, { metadataUrl: metadata.url }).boot();
        return { running, ended: running.ended.finally(() => metadata.close()) };
      },
    );
    return {
      ended: booted.then(({ ended }) => ended),
      shutdown: async () => (await booted).running.shutdown(),
    };
  },
};
