import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { blankRoot } from "./root.ts";

/** Why no machine can be booted here; undefined where it can. */
export const cannotBoot: string | undefined =
  process.platform !== "linux"
    ? "machines boot on Linux alone"
    : process.getuid?.() !== 0
      ? "booting a machine takes root"
      : ["systemd-nspawn", "mmdebstrap"].every((name) => existsSync(`/usr/bin/${name}`))
        ? undefined
        : "systemd-container or mmdebstrap is not installed";

/** A machine of which something runs. */
export interface Running {
  /** It powered itself off, or was switched off or killed. */
  ended: Promise<void>;
  /** As a power button does: its units are stopped in order. */
  shutdown(): Promise<void>;
  /** As when the power goes. */
  kill(): Promise<void>;
}

export interface Machine {
  /** Its disk. */
  root: string;
  boot(): Running;
  /** As when the power goes; harmless where it is off. */
  kill(): Promise<void>;
  /** Runs a program on it without booting it, and resolves with what it printed. */
  run(command: string, ...args: string[]): Promise<{ code: number | null; output: string }>;
  /** What its console showed, of all its boots. */
  console(): string;
  /** What its journal holds of our units. */
  journal(): string;
}

/** Memory a test's machines may need where their disks are kept in it. */
const ROOM_BYTES = 6e9;

/** A new folder for a machine: in memory where there is plenty, which halves what a test takes. */
export function newMachineFolder(): string {
  const hasRoom = existsSync("/dev/shm") && freemem() > ROOM_BYTES;
  return mkdtempSync(join(hasRoom ? "/dev/shm" : tmpdir(), "deferred-machine-"));
}

const CGROUPS = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup"];
const KILL_AFTER_MS = 10_000;

/** A machine with a disk in `folder`: a copy of `of`, by default the blank one; kept where it is there. */
export function machineIn(
  folder: string,
  { metadataUrl, of }: { metadataUrl: string; of?: string },
): Machine {
  const root = join(folder, "root");
  const consoleFile = join(folder, "console.log");
  if (!existsSync(root)) {
    mkdirSync(folder, { recursive: true });
    const copied = spawnSync("cp", ["-a", "--reflink=auto", of ?? blankRoot(), root]);
    if (copied.status !== 0) throw new Error(String(copied.stderr));
  }
  let running: Running | undefined;
  return {
    root,
    kill: async () => running?.kill(),
    boot() {
      // Where the service is differs from boot to boot here, which it never does on EC2.
      const config = { datasource: { Ec2: { metadata_urls: [metadataUrl], strict_id: "true" } } };
      writeFileSync(join(root, "etc/cloud/cloud.cfg.d/91_url.cfg"), JSON.stringify(config));
      return (running = bootContainer(root, consoleFile));
    },
    run: (...command) => runInContainer(root, command),
    console: () => readFileSync(consoleFile, "utf8"),
    journal: () =>
      spawnSync(
        "journalctl",
        ["-D", join(root, "var/log/journal"), "-o", "short-unix", "-u", "deferred-*"],
        { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
      ).stdout,
  };
}

function bootContainer(root: string, consoleFile: string): Running {
  const name = `deferred-${randomBytes(4).toString("hex")}`;
  const groups = CGROUPS.filter((path) => existsSync(join(path, "cgroup.procs"))).map((path) =>
    join(path, name),
  );
  for (const group of groups) mkdirSync(group);
  // In groups of its own, or two machines would make groups of the same names.
  const joins = groups.map((group) => `echo $$ >${group}/cgroup.procs`).join(" && ");
  const log = openSync(consoleFile, "a");
  const options = [`--machine=${name}`, "--register=no", "--keep-unit", "--boot", "--quiet"];
  const child = spawn(
    "sh",
    ["-c", `${joins} && exec systemd-nspawn "$@"`, "sh", "-D", root, ...options],
    {
      stdio: ["ignore", log, log],
      env: {
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
        SYSTEMD_NSPAWN_API_VFS_WRITABLE: "1",
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
      },
    },
  );
  closeSync(log);
  const ended = once(child, "exit").then(() => clearAway(name, groups));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    ended,
    async shutdown() {
      if (isRunning()) child.kill("SIGTERM");
      const timer = setTimeout(() => void this.kill(), KILL_AFTER_MS);
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      // Its first process lives on without nspawn; nspawn ends with it.
      const inside = groups.flatMap((group) => processesIn(join(group, "payload")));
      for (const pid of inside) endProcess(pid);
      if (inside.length === 0 && isRunning()) child.kill("SIGKILL");
      await ended;
    },
  };
}

async function runInContainer(root: string, command: string[]) {
  const name = `deferred-${randomBytes(4).toString("hex")}`;
  const options = [`--machine=${name}`, "--register=no", "--keep-unit", "--pipe", "--quiet"];
  const child = spawn("systemd-nspawn", ["-D", root, ...options, ...command], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  await clearAway(name, []);
  return { code, output };
}

/** What a container leaves behind, once the kernel has let go of its last process. */
async function clearAway(name: string, groups: string[]): Promise<void> {
  for (const group of groups) {
    while (!removeGroups(group)) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const place of ["propagate", "unix-export"]) {
    rmSync(`/run/systemd/nspawn/${place}/${name}`, { recursive: true, force: true });
  }
}

function processesIn(group: string): number[] {
  if (!existsSync(group)) return [];
  const below = readdirSync(group, { withFileTypes: true }).filter((one) => one.isDirectory());
  const own = readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
  return [...own.map(Number), ...below.flatMap(({ name }) => processesIn(join(group, name)))];
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function removeGroups(group: string): boolean {
  const below = readdirSync(group, { withFileTypes: true }).filter((one) => one.isDirectory());
  if (!below.map(({ name }) => removeGroups(join(group, name))).every(Boolean)) return false;
  try {
    rmdirSync(group);
    return true;
  } catch {
    return false;
  }
}
