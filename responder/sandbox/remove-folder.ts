import { execFile, execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);
const OPENED = ["-R", "u+rwx", "--"] as const;

/**
 * Removes what programs left, once none of them runs: paths longer than any call takes, and folders that
 * their own user may not enter.
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

/** The same for what a process that was killed left: what can't be removed is no reason not to start. */
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
