import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeMachineFolder } from "../services/blank-machine/disk.ts";
import { newMachineFolder } from "../services/blank-machine/leftovers.ts";
import { machineIn, type Machine } from "../services/blank-machine/machine.ts";
import {
  startMachineServer,
  type Fault,
  type MachineServer,
  type MachineServerOptions,
} from "./machine-server.ts";

const root = join(import.meta.dirname, "../..");

export interface SetUpOptions {
  serverUrl?: string;
  patienceS?: number;
  /** What runs the set-up. */
  command?: string[];
}

/** A blank machine that several set-ups may be tried on, one after another. */
export function unbootedMachine(): Machine & { clear(): void } {
  const folder = newMachineFolder();
  return { ...machineIn(folder, { metadataUrl: "" }), clear: () => removeMachineFolder(folder) };
}

/** Puts onto a machine that is not booted what cloud-init would, for a launch of `server`. */
export async function prepare(
  machine: Machine,
  server: MachineServer,
  { serverUrl = server.url, patienceS = 1 }: SetUpOptions = {},
): Promise<void> {
  await server.run("echo hello\n");
  const launch = { ...(await server.launched()), server_url: serverUrl, unreachable_s: patienceS };
  const write = (path: string, text: string) =>
    writeFileSync(join(machine.root, path), text, { mode: 0o600 });
  for (const folder of ["etc/deferred", "opt/deferred"]) {
    mkdirSync(join(machine.root, folder), { recursive: true });
  }
  write("etc/deferred/launch.json", JSON.stringify(launch));
  write(
    "etc/deferred/set-up.json",
    JSON.stringify({ server_url: serverUrl, languages: [], offered: {} }),
  );
  cpSync(
    join(root, "server/providers/cloud-init/set-up"),
    join(machine.root, "opt/deferred/set-up"),
    {
      recursive: true,
    },
  );
}

/** Runs the set-up as a boot would; `failed` is what the server was told. */
export async function setUp(machine: Machine, server: MachineServer, options: SetUpOptions = {}) {
  await prepare(machine, server, options);
  const { command = ["python3", "-I", "-S", "/opt/deferred/set-up"] } = options;
  const [program = "", ...args] = command;
  const { code, output } = await machine.run(program, ...args);
  return { code, output, failed: failureOf(server) };
}

export const failureOf = (server: MachineServer) =>
  server.progress.findLast((one) => one.failed)?.failed;

export async function serverWith(
  fault: Fault,
  options: MachineServerOptions = {},
): Promise<MachineServer> {
  const server = await startMachineServer(options);
  server.letFail(fault);
  return server;
}
