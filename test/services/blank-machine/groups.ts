import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const HIERARCHIES = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup"].filter(
  (path) => existsSync(join(path, "cgroup.procs")),
);
const NSPAWN = ["propagate", "unix-export"].map((place) => `/run/systemd/nspawn/${place}`);

/** The control groups of a container: one in each hierarchy. */
export function groupsOf(name: string): string[] {
  return HIERARCHIES.map((path) => join(path, name));
}

/** Names of the containers that have groups. */
export function namesOfGroups(): string[] {
  return HIERARCHIES.flatMap((path) => readdirSync(path));
}

/** Removes what nspawn keeps of a container. */
export function forget(name: string): void {
  for (const place of NSPAWN) rmSync(join(place, name), { recursive: true, force: true });
}

/** Ends what runs in them, and says whether anything did. */
export function killIn(groups: string[]): boolean {
  const inside = groups.flatMap(processesIn);
  for (const pid of inside) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  return inside.length > 0;
}

function processesIn(group: string): number[] {
  if (!existsSync(group)) return [];
  const own = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
  return [...own.map(Number), ...foldersIn(group).flatMap(processesIn)];
}

/** Says whether they are gone: groups with processes stay. */
export function removeGroups(group: string): boolean {
  if (!existsSync(group)) return true;
  if (!foldersIn(group).map(removeGroups).every(Boolean)) return false;
  try {
    rmdirSync(group);
    return true;
  } catch {
    return false;
  }
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map(({ name }) => join(folder, name));
}
