import { existsSync } from "node:fs";
import type { CommandWork } from "../../protocol/command.ts";
import { CommandRefusal } from "../project-file/refusal.ts";
import type { PackageName, Packages } from "./packages.ts";

/** What a checkout needs of the machine and where it is. */
const TOOLS: readonly { name: PackageName; program: string; lfs: boolean }[] = [
  { name: "git", program: "/usr/bin/git", lfs: false },
  { name: "git-lfs", program: "/usr/bin/git-lfs", lfs: true },
];

/**
 * Installs what is missing for a checkout; undefined where nothing is. Throws `CommandRefusal` for what can't
 * be installed here.
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
