import { existsSync } from "node:fs";
import type { CommandWork } from "../../protocol/command.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { PackageName } from "../../protocol/debian-packages.ts";
import type { Packages } from "./packages.ts";

/** Programs that a checkout needs. */
const TOOLS: readonly { name: PackageName; program: string; lfs: boolean }[] = [
  { name: "git", program: "/usr/bin/git", lfs: false },
  { name: "git-lfs", program: "/usr/bin/git-lfs", lfs: true },
];

/**
 * Installs the missing programs; undefined where none is missing. Throws `CommandRefusal` where one can't be installed
 * here.
 */
export function missingForCheckout(
  { repository }: CommandWork,
  packages: Packages | undefined,
  signal: AbortSignal,
): Promise<void> | undefined {
  const missing = TOOLS.filter(
    ({ lfs, program }) => (!lfs || repository.lfs) && !existsSync(program),
  );
  if (missing.length === 0) return undefined;
  return installAll(
    missing.map(({ name }) => name),
    packages,
    signal,
  );
}

async function installAll(
  names: readonly PackageName[],
  packages: Packages | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (packages === undefined) {
    const what = names.join(" ");
    const detail = `${what} is not installed on this machine: apt-get install ${what}`;
    throw new CommandRefusal("checkout_failed", detail);
  }
  for (const name of names) await packages.install(name, signal);
}
