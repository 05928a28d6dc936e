import * as all from "./runtimes/all.ts";
import type { RuntimeFacts } from "./runtimes/runtime.ts";

export type RuntimeName = keyof typeof all;

export const RUNTIME_FACTS: Readonly<Record<RuntimeName, RuntimeFacts>> = all;

/** All known runtimes; a machine reports which of them it found, with their versions. */
export const RUNTIMES = Object.keys(all) as readonly RuntimeName[];

/** A runtime that a machine has. */
export interface FoundRuntime {
  name: RuntimeName;
  version: string;
}

/** Splits `python@3.11` into its name and, where there is one, its version. */
export function parseRuntime(runtime: string): { name: string; version: string | undefined } {
  const [name = "", version] = runtime.split("@");
  return { name, version };
}

/** Whether `found` serves `wanted`: the same name, and a version that starts with the wanted one. */
export function servesRuntime(found: FoundRuntime, wanted: string): boolean {
  const { name, version } = parseRuntime(wanted);
  if (found.name !== name) return false;
  return version === undefined || `${found.version}.`.startsWith(`${version}.`);
}

/** All runtimes that `found` serves, by name and by each leading part of its version. */
export function runtimesServedBy({ name, version }: FoundRuntime): string[] {
  const parts = version.split(".");
  return [name, ...parts.map((_, index) => `${name}@${parts.slice(0, index + 1).join(".")}`)];
}
