import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { cannotBoot, machineIn, type Machine, type Running } from "./machine.ts";
import { METADATA, writeUnits } from "./user-mode-units.ts";

const KERNEL = "/usr/bin/linux.uml";
const NETWORK = "/usr/bin/slirp-fullbolt";

/** Why no machine with a kernel of its own can be booted here; undefined where it can. */
export const cannotBootKernel: string | undefined =
  cannotBoot ??
  (process.arch !== "x64"
    ? "User-mode Linux runs on x86-64 alone"
    : [KERNEL, NETWORK].every((path) => existsSync(path))
      ? undefined
      : "user-mode-linux or slirp is not installed");

/** It ends by itself, or as when the power goes. */
type RunningKernel = Omit<Running, "shutdown">;

export type KernelMachine = Omit<Machine, "boot"> & { boot(): RunningKernel };

/**
 * A machine whose kernel is its own: User-mode Linux, which runs as a program and needs no virtualisation.
 * `urls` are loopback addresses of this host that are to be the machine's own as well.
 */
export function kernelMachineIn(
  folder: string,
  { metadataUrl, urls, of }: { metadataUrl: string; urls: readonly string[]; of?: string },
): KernelMachine {
  const machine = machineIn(folder, { metadataUrl: `http://${METADATA}`, of });
  let running: RunningKernel | undefined;
  return {
    ...machine,
    boot() {
      writeUnits(machine.root, [
        { listen: `${METADATA}:80`, port: portOf(metadataUrl) },
        ...urls.map((url) => ({ listen: `127.0.0.1:${portOf(url)}`, port: portOf(url) })),
      ]);
      return (running = bootKernel(machine.root, folder));
    },
    kill: async () => running?.kill(),
  };
}

function bootKernel(root: string, folder: string): RunningKernel {
  const log = openSync(join(folder, "console.log"), "a");
  const args = [
    ...["mem=768M", "root=/dev/root", "rootfstype=hostfs", `rootflags=${root}`, "rw"],
    ...[`uml_dir=${folder}/`, `eth0=slirp,,${NETWORK}`],
    ...["con=null", "con0=null,fd:1", "ignore_loglevel", "init=/lib/systemd/systemd"],
  ];
  const child = spawn("/usr/bin/setpriv", ["--pdeathsig", "KILL", KERNEL, ...args], {
    stdio: ["ignore", log, log],
    // slirp looks for its settings there.
    env: { PATH: "/usr/bin:/bin", HOME: folder },
    detached: true,
  });
  closeSync(log);
  const ended = once(child, "exit").then(() => {});
  return {
    ended,
    async kill() {
      // Its group: the kernel's processes, and its network.
      if (child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid!, "SIGKILL");
      await ended;
    },
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
