import type { Ec2ComputeOptions } from "../../server/providers/ec2/options.ts";
import { computeOn, openEc2 } from "../server/providers/opened.ts";
import { noHardware, type Booted, type Hardware } from "../services/ec2/hardware.ts";
import { eventually } from "../eventually.ts";
import { computeSuite } from "./compute.ts";

const kinds: Record<string, Partial<Ec2ComputeOptions>> = {
  "ec2, warm": { lifecycle: "warm" },
  "ec2, ephemeral": { lifecycle: "ephemeral" },
  "ec2, spot": { lifecycle: "ephemeral", market: "spot" },
};

for (const [name, options] of Object.entries(kinds)) {
  computeSuite(name, async () => {
    const booted = new Map<string, Booted>();
    const hardware: Hardware = {
      boot(instance) {
        const machine = noHardware.boot(instance);
        booted.set(instance.id, machine);
        return machine;
      },
    };
    const ec2 = await openEc2({ hardware, timing: { unknownMs: 30 } });
    const { compute } = computeOn(ec2, options);
    return {
      // Whatever lists at once after a launch may miss it; a contract can't be held against that.
      compute: { ...compute, launch: launchAndKnow, list: compute.list },
      async endFromWithin(id) {
        const machine = await eventually(async () => booted.get(id));
        await machine.shutdown();
      },
    };

    async function launchAndKnow(...args: Parameters<typeof compute.launch>) {
      const launched = await compute.launch(...args);
      await eventually(async () =>
        (await compute.list()).some(({ providerId }) => providerId === launched.providerId)
          ? true
          : undefined,
      );
      return launched;
    }
  });
}
