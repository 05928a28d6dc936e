import { execFile, execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);
const OPENED = ["-R", "u+rwx", "--"] as const;

/**
 * Removes programs' files after all have died, including paths longer than a system call takes and folders that their
 * own user can't enter.
 */
export async function removeFolder(folder: string): Promise<void> {
  const remove = () => run("rm", ["-rf", "--", folder]);
  try {
    await remove();
  } catch {
    await run("chmod", [...OPENED, folder]).catch(() => {});
    await remove();
  }
}

/** The same for leftovers of a killed process: a failure does not prevent the start. */
export function removeLeftover(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    try {
      execFileSync("chmod", [...OPENED, folder], { stdio: "ignore" });
    } catch {
      // Said by the next call, if it matters.
    }
    try {
      execFileSync("rm", ["-rf", "--", folder], { stdio: "ignore" });
    } catch {
      // It is tried again at the next start.
    }
  }
}
