import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, closeSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { LaunchFileSchema, type LaunchFile } from "../../../protocol/registration.ts";
import { parse } from "valibot";
import { COMPILED, RESPONDER } from "../../compiled.ts";
import type { BootingInstance, Hardware } from "./hardware.ts";

export interface BareResponderOptions {
  /** Further arguments of the responder. */
  args?: string[];
  /** Milliseconds between SIGTERM and SIGKILL. */
  graceMs?: number;
}

/**
 * Machines that are a responder's process and nothing else: its launch file comes out of the user data,
 * its state stays on the instance's disk, and when it ends the machine has powered itself off.
 */
export function bareResponders(options: BareResponderOptions = {}): Hardware {
  const { args = [], graceMs = 3000 } = options;
  return {
    boot(instance) {
      const { folder } = instance;
      mkdirSync(join(folder, "state"), { recursive: true, mode: 0o700 });
      const file = join(folder, "launch.json");
      writeFileSync(file, JSON.stringify(launchOf(instance)), { mode: 0o600 });
      const log = openSync(join(folder, "console.log"), "a", 0o600);
      const child = spawn(
        process.execPath,
        [RESPONDER, "--launch", file, "--state", join(folder, "state"), ...args],
        {
          cwd: folder,
          detached: true,
          stdio: ["ignore", log, log],
          env: { PATH: process.env["PATH"], ...COMPILED },
        },
      );
      closeSync(log);
      const ended = once(child, "exit").then(() => kill(child.pid, "SIGKILL"));
      return {
        ended,
        async shutdown() {
          kill(child.pid, "SIGTERM");
          const timer = setTimeout(() => kill(child.pid, "SIGKILL"), graceMs);
          await ended;
          clearTimeout(timer);
        },
      };
    },
  };
}

/** The launch file of an instance, which asks its own metadata service for interruptions. */
export function launchOf({ userData, metadataUrl: url }: BootingInstance): LaunchFile {
  const launch = launchFileIn(userData);
  const { interruption } = launch;
  return { ...launch, ...(interruption && { interruption: { ...interruption, url } }) };
}

/** The launch file, which stands in a line of its own, of the script that a boot hook may have packed. */
export function launchFileIn(userData: Buffer): LaunchFile {
  const isZipped = userData[0] === 0x1f && userData[1] === 0x8b;
  const whole = (isZipped ? gunzipSync(userData) : userData).toString();
  const [, packed] = /\| gzip -d [^\n]*\n([A-Za-z0-9+/=]+)\n/.exec(whole) ?? [];
  const text = packed ? gunzipSync(Buffer.from(packed, "base64")).toString() : whole;
  for (const line of text.split("\n")) {
    if (!line.includes('"launch_id"')) continue;
    return parse(LaunchFileSchema, JSON.parse(line));
  }
  throw new Error("The user data holds no launch file.");
}

/** The group outlives its leader, so the whole of it is signalled. */
function kill(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
