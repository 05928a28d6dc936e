import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newContainer } from "./container.ts";
import { attachDisk } from "./disk.ts";

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

const KILL_AFTER_MS = 10_000;

/** A machine with a disk in `folder`, which begins as `of`; what is there already is kept. */
export function machineIn(
  folder: string,
  { metadataUrl, of }: { metadataUrl: string; of?: string },
): Machine {
  const root = attachDisk(folder, of);
  const consoleFile = join(folder, "console.log");
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
  const container = newContainer(root);
  const log = openSync(consoleFile, "a");
  const child = spawn(...container.command("--boot", "--quiet"), {
    stdio: ["ignore", log, log],
    env: {
      PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
      SYSTEMD_NSPAWN_API_VFS_WRITABLE: "1",
      SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
    },
  });
  closeSync(log);
  const ended = once(child, "exit").then(() => container.clearAway());
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
      if (!container.killInside() && isRunning()) child.kill("SIGKILL");
      await ended;
    },
  };
}

async function runInContainer(root: string, command: string[]) {
  const container = newContainer(root);
  const child = spawn(...container.command("--pipe", "--quiet", ...command), {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  await container.clearAway();
  return { code, output };
}
