import type { Hardware } from "../ec2/hardware.ts";
import { startMetadata } from "../metadata.ts";
import { machineIn } from "./machine.ts";

/** Instances that boot the disk in their folder: at first a copy of `of`, by default of the blank one. */
export function machinesOf(of?: string): Hardware {
  return {
    boot({ id, userData, folder }) {
      // Of the instance's own only the answers are needed, in the versions that cloud-init asks for.
      const booted = startMetadata({ instanceId: id, userData: userData.toString() }).then(
        (metadata) => {
          const running = machineIn(folder, { metadataUrl: metadata.url, of }).boot();
          return { running, ended: running.ended.finally(() => metadata.close()) };
        },
      );
      return {
        ended: booted.then(({ ended }) => ended),
        shutdown: async () => (await booted).running.shutdown(),
      };
    },
  };
}
