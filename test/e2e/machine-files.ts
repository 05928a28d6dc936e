import { homedir } from "node:os";
import { join } from "node:path";
import { machineFiles } from "../../server/providers/cloud-init/files.ts";
import { buildBundle, isStale } from "../../setup/bundles.mjs";
import { blankRoot } from "../services/blank-machine/root.ts";

/** Node, compressed once for all tests: it takes seconds. */
export const compressedNode = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "deferred-runner/machine",
);

/** The responder as machines load it, built from the sources of this moment. */
export function responderBundle(): string {
  if (isStale("responder")) buildBundle("responder");
  return join(import.meta.dirname, "../../dist/machine/responder.mjs");
}

/** What tests' servers give machines. */
export function filesForMachines() {
  return machineFiles({
    bundle: responderBundle(),
    node: process.execPath,
    arch: process.arch,
    otherNode: undefined,
    cache: compressedNode,
  });
}

/** Makes what is made once, before a launch's time begins to run. */
export async function prepareMachines(): Promise<void> {
  blankRoot();
  await filesForMachines().manifest(process.arch);
}

/** Milliseconds that may take. */
export const PREPARE_MS = 180_000;
