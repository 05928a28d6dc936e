import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/** The manager of control groups that were not delegated. */
export interface Manager {
  /** Whether the group at `path` was left to those in it. */
  delegates(path: string): boolean;
  /** Moves `pid` to a group that is left to it, and returns its new membership; undefined where it can't. */
  scope(pid: number): string | undefined;
}

const WAIT_MS = 5;
const TIMES = 400;

/** systemd; without it every group belongs to the processes in it. */
export const systemd: Manager = {
  delegates(path) {
    if (!isRunning()) return true;
    const unit = path.split("/").findLast((name) => /\.(service|scope)$/.test(name));
    if (unit === undefined) return false;
    return run("systemctl", ["show", "--property=Delegate", "--value", "--", unit]) === "yes";
  },

  scope(pid) {
    if (!isRunning()) return undefined;
    const membership = () => readFileSync(`/proc/${pid}/cgroup`, "utf8");
    const name = `deferred-responder-${pid}.scope`;
    const properties = ["2", "PIDs", "au", "1", String(pid), "Delegate", "b", "true"];
    const manager = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1"];
    const asked = run("busctl", [
      ...["call", ...manager, "org.freedesktop.systemd1.Manager", "StartTransientUnit"],
      ...["ssa(sv)a(sa(sv))", name, "fail", ...properties, "0"],
    ]);
    if (asked === undefined) return undefined;
    for (let count = 0; count < TIMES; count++) {
      if (membership().includes(`/${name}\n`)) return membership();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
    }
    return undefined;
  },
};

function isRunning(): boolean {
  return existsSync("/run/systemd/system");
}

/** Its output, where it succeeded. */
function run(program: string, args: string[]): string | undefined {
  const done = spawnSync(program, args, {
    encoding: "utf8",
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 5000,
  });
  return done.status === 0 ? done.stdout.trim() : undefined;
}
