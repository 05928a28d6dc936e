import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import type { Fifo, FifoPool } from "../lifecycle/fifos.ts";
import type { ExitedProcess, StartedProcess } from "../lifecycle/started-process.ts";
import { awaitWaiting, type WaitingProcess } from "../lifecycle/waiting-process.ts";
import { SandboxError } from "../result.ts";
import { readLauncher } from "./read-launcher.ts";

const START_MS = 5_000;

/** A sandbox for the native launcher: see `struct request` in launcher.h. */
interface NativeLaunch {
  /** The host's user to run as; undefined: our own. */
  readonly uid: number | undefined;
  readonly descriptors: number;
  readonly joins: readonly string[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A process that starts sandboxes of blocks: about four times cheaper than bash, setpriv and bubblewrap. */
export interface NativeLauncher {
  /** Throws `SandboxError`. The status is `pid N`, the host's id of the sandbox's first process. */
  start(launch: NativeLaunch): Promise<WaitingProcess>;
  /** False once it has ended, with all its sandboxes. */
  isUp(): boolean;
  close(): void;
}

export interface NativeLauncherOptions {
  /** Only its owner may enter it. */
  readonly folder: string;
  readonly fifos: FifoPool;
  /** Path of the seccomp filter. */
  readonly seccomp: string | undefined;
  /** In the form of bubblewrap's. */
  readonly mounts: readonly string[];
}

/**
 * Starts the launcher; undefined where this machine has none. Throws where it does not start, as on a kernel before 5.12 or
 * a host that forbids namespaces.
 */
export async function startNativeLauncher(
  options: NativeLauncherOptions,
): Promise<NativeLauncher | undefined> {
  const program = readLauncher();
  if (program === undefined) return undefined;
  const { folder, fifos, seccomp = "", mounts } = options;
  const path = join(folder, "launcher");
  writeFileSync(path, program, { mode: 0o700 });
  const child = spawn(path, [folder, seccomp, ...mounts], {
    cwd: "/",
    env: {},
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise<void>((resolve) => {
    child
      .once("exit", () => resolve())
      .once("error", (error) => {
        said ||= String(error);
        resolve();
      });
  });
  const inTime = AbortSignal.timeout(START_MS);
  const isReady = await Promise.race([
    once(child.stdout, "data", { signal: inTime }).then(
      () => true,
      () => false,
    ),
    ended.then(() => false),
  ]);
  if (!isReady) {
    child.kill("SIGKILL");
    throw new SandboxError(said.trim() || "the launcher did not start");
  }
  let up = true;
  void ended.then(() => (up = false));
  // The launcher dies with the responder; it does not keep the responder alive.
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) (pipe as Socket).unref();
  // The address of a socket is short, and the folder's path may be long.
  const handle = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const address = `/proc/self/fd/${handle}/launcher.sock`;
  return {
    isUp: () => up,
    async start(launch) {
      refuseSeparators(launch);
      let opened = false;
      // A late process may open them after its start was given up: none is used again then.
      const take = async () => {
        const fifo = await fifos.take();
        return { ...fifo, giveBack: (sawEnd: boolean) => fifo.giveBack(sawEnd && opened) };
      };
      const channels = { status: await take(), stdout: await take(), stderr: await take() };
      return awaitWaiting(channels.stdout, channels.stderr, () => {
        const started = launchAt(address, launch, channels);
        void started.reported?.then(() => (opened = true));
        return started;
      });
    },
    close() {
      up = false;
      child.kill("SIGKILL");
      closeSync(handle);
    },
  };
}

interface Channels {
  readonly status: Fifo;
  readonly stdout: Fifo;
  readonly stderr: Fifo;
}

function launchAt(address: string, launch: NativeLaunch, channels: Channels): StartedProcess {
  const control = createConnection(address);
  control.write(encodeRequest(launch, channels));
  const { status } = channels;
  const reported = Promise.withResolvers<string>();
  const exited = Promise.withResolvers<ExitedProcess>();
  let text = "";
  let pid: number | undefined;
  // It has opened them, or never will.
  const handOver = () => {
    for (const fifo of Object.values(channels)) fifo.handOver();
  };
  control.once("close", handOver);
  status.readable.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    const [, first] = /^pid (\d+)$/m.exec(text) ?? [];
    if (first !== undefined) {
      pid = Number(first);
      reported.resolve(text);
    }
    handOver();
  });
  const end = () => {
    // The kernel may give its id to another process.
    pid = undefined;
    const [, code] = /^exit (\d+)$/m.exec(text) ?? [];
    const [, failure] = /^failed (.*)$/m.exec(text) ?? [];
    if (code === undefined) exited.resolve({ code: null, signal: "SIGKILL", failure });
    else exited.resolve({ code: Number(code), signal: null, failure, wasLast: true });
  };
  status.readable.once("end", end).once("close", end).once("error", end);
  return {
    control,
    exited: exited.promise,
    reported: reported.promise,
    kill() {
      control.destroy();
      if (pid === undefined) return end();
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    },
    close() {
      control.destroy();
      handOver();
      status.giveBack(status.readable.readableEnded);
    },
  };
}

/** A NUL ends a field of the request, and an empty field ends a list. */
function refuseSeparators({ joins, argv, env }: NativeLaunch): void {
  const listed = [...joins, ...argv];
  if (listed.includes("") || [...listed, ...Object.entries(env).flat()].join("").includes("\0")) {
    throw new SandboxError("the launcher takes no empty argument and no NUL");
  }
}

function encodeRequest(launch: NativeLaunch, { status, stdout, stderr }: Channels): Buffer {
  const fields = [
    ...[status.path, stdout.path, stderr.path],
    ...[String(launch.uid ?? -1), String(launch.descriptors)],
    ...[...launch.joins, "", ...launch.argv, ""],
    ...[...Object.entries(launch.env).map(([name, value]) => `${name}=${value}`), ""],
  ];
  const text = Buffer.from(fields.map((field) => `${field}\0`).join(""));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  return Buffer.concat([size, text]);
}
