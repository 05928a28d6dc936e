import type { Hardware } from "../ec2/hardware.ts";
import { startMetadata } from "../metadata.ts";
import { detachDisk } from "./disk.ts";
import { machineIn } from "./machine.ts";

/** Instances that boot the disk in their folder, which begins as `of`, by default the blank one. */
export function machinesOf(of?: string): Hardware {
  return {
    boot({ id, userData, folder }) {
      // Of the instance's own only the answers are needed, in the versions that cloud-init asks for.
      const booted = startMetadata({ instanceId: id, userData: userData.toString() }).then(
        (metadata) => {
          const running = machineIn(folder, { metadataUrl: metadata.url, of }).boot();
          const ended = running.ended.finally(() => {
            detachDisk(folder);
            return metadata.close();
          });
          return { running, ended };
        },
      );
      return {
        ended: booted.then(({ ended }) => ended),
        shutdown: async () => (await booted).running.shutdown(),
      };
    },
  };
}
