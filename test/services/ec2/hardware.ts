import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** What an instance is to whatever stands for its hardware. */
export interface BootingInstance {
  id: string;
  /** As it was given at launch, out of its Base64. */
  userData: Buffer;
  /** Its disk: kept while it is stopped, removed when it is terminated. */
  folder: string;
  /** Its instance metadata service, without a slash at its end. */
  metadataUrl: string;
}

/** A machine that was switched on. */
export interface Booted {
  /** It powered itself off, or was switched off. */
  ended: Promise<void>;
  /** Switches it off: as a power button does, then for good. Resolves when nothing of it runs. */
  shutdown(): Promise<void>;
}

export interface Hardware {
  boot(instance: BootingInstance): Booted;
}

/** Machines of which nothing is ever heard. */
export const noHardware: Hardware = {
  boot() {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    return {
      ended,
      async shutdown() {
        resolve();
      },
    };
  },
};

/** Machines that write something to their console, and power themselves off. */
export function givingUp(console: string): Hardware {
  return {
    boot({ folder }) {
      writeFileSync(join(folder, "console.log"), console);
      return { ended: Promise.resolve(), shutdown: async () => {} };
    },
  };
}

/** A machine that takes its time before it does anything. */
export function slowly(hardware: Hardware, ms: number): Hardware {
  return {
    boot(instance) {
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      let booted: Booted | undefined;
      const timer = setTimeout(() => {
        booted = hardware.boot(instance);
        void booted.ended.then(resolve);
      }, ms);
      return {
        ended,
        async shutdown() {
          clearTimeout(timer);
          await booted?.shutdown();
          resolve();
        },
      };
    },
  };
}
