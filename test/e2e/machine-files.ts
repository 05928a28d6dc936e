import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { machineFiles, type MachineFiles } from "../../server/providers/cloud-init/files.ts";
import { buildBundle, isStale } from "../../setup/bundles.mjs";
import { compressedNode } from "../node-cache.ts";
import { blankRoot } from "../services/blank-machine/root.ts";

/** The responder as machines load it, built from the sources of this moment. */
export function responderBundle(): string {
  if (isStale("responder")) buildBundle("responder");
  return join(import.meta.dirname, "../../dist/machine/responder.mjs");
}

let files: MachineFiles | undefined;

/** What tests' servers give machines. Each of them would hash Node again. */
export function filesForMachines(): MachineFiles {
  files ??= machineFiles({
    bundle: responderBundle(),
    node: process.execPath,
    arch: process.arch,
    otherNode: undefined,
    cache: compressedNode,
  });
  return files;
}

/** The same, but for a Node of some bytes, in `folder`: for machines that only load it and ask for its version. */
export function smallFilesForMachines(folder: string): MachineFiles {
  const node = join(folder, "node");
  writeFileSync(node, "#!/bin/sh\necho v26.0.0\n");
  return machineFiles({
    bundle: responderBundle(),
    node,
    arch: process.arch,
    otherNode: undefined,
    cache: folder,
  });
}

/** Makes what is made once, before a launch's time begins to run. */
export async function prepareMachines(): Promise<void> {
  blankRoot();
  await filesForMachines().manifest(process.arch);
}

/** Milliseconds that may take. */
export const PREPARE_MS = 180_000;
