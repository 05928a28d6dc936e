import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../protocol/limits.ts";
import { needs } from "../../needs.ts";
import type { Order, Report } from "./run-trials.ts";

const NOBODY = 65_534;
const root = join(import.meta.dirname, "../../..");

/** Programs in sandboxes of a responder that is not root and has no control groups. */
async function asNobody(orders: Order[]): Promise<Report> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(import.meta.dirname, "run-trials.ts"), JSON.stringify(orders)],
    { uid: NOBODY, gid: NOBODY, env: { PATH: "/usr/bin:/bin" }, cwd: "/" },
  );
  return JSON.parse(stdout) as Report;
}

/** Somebody else has to be able to read the checkout. */
async function isOpen(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const reading = promisify(execFile)(process.execPath, [join(root, "setup/root.mjs")], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: "/",
  });
  return reading.then(
    () => true,
    () => false,
  );
}

test(
  "a responder that is nobody, without control groups, still holds programs to their limits",
  needs(await isOpen(), "root, and a checkout that everybody may read"),
  async () => {
    const { features, trials } = await asNobody([
      // Its output is the responder's own pipe: those after it still get theirs.
      { runtime: "python", code: "import os\nos.fchmod(1, 0)\nos.fchmod(2, 0)\n" },
      { runtime: "node", code: "console.log(process.getuid()); process.exitCode = 3;" },
      {
        runtime: "python",
        code: "import time\nheld = []\nwhile True:\n    held.append(bytearray(10**7))\n    time.sleep(0.001)\n",
        limits: { memory_mb: 100 },
      },
      { runtime: "python", code: "bytearray(4 * 2**30)\n", limits: { memory_mb: 100 } },
      { runtime: "python", code: "import os\nos.memfd_create('x')\n" },
      {
        runtime: "python",
        code: "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        while True: pass\ntime.sleep(60)\n",
        limits: { cpu_s: 0.3 },
      },
      {
        runtime: "python",
        code: "import os, time\nchildren = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(60)\n        children += 1\nexcept BlockingIOError: print(children)\n",
        limits: { processes: 16 },
      },
    ]);
    expect(features).toEqual(["namespaces", "seccomp", "rlimits", "native-launcher"]);
    const [, plain, memory, atOnce, hidden, cpu, processes] = trials;
    expect(plain).toMatchObject({ stdout: "1000\n", ending: { cause: "exited", exitCode: 3 } });
    expect(memory!.ending.cause).toBe("memory");
    expect(atOnce!.stderr).toContain("MemoryError");
    expect(hidden!.stderr).toContain("PermissionError");
    expect(cpu!.ending.cause).toBe("cpu_time");
    expect(cpu!.ending.ranS).toBeLessThan(DEFAULT_LIMITS.wall_s / 2);
    // Older kernels count bubblewrap's own processes with the program's, newer ones count one of them.
    expect(Number(processes!.stdout)).toBeGreaterThanOrEqual(1);
    expect(Number(processes!.stdout)).toBeLessThanOrEqual(16);
  },
);
