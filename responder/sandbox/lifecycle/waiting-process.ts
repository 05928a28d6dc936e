import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { whatIsWrongWithPath } from "../../../protocol/block-files.ts";
import type { FifoPool, Fifo } from "./fifos.ts";
import { SandboxError, type OnOutput } from "../result.ts";

/** How a process that will wait for code is started. */
export interface Launch {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Files it finds open for reading, from descriptor 5 on. */
  readonly files: readonly string[];
  /** Whether it writes a line to its status channel that is worth waiting for. */
  readonly reports: boolean;
}

const START_MS = 10_000;
const COMPLAINT_BYTES = 1000;
/** Processes that left their group may hold the output open for as long as they like. */
const DRAIN_MS = 200;

/** A process with its output, its control channel (descriptor 3) and its status channel (4). */
export interface WaitingProcess {
  readonly child: ChildProcess;
  /** The text on its status channel by the time it was ready. */
  readonly status: string;
  /** Passes output to `onOutput` from now on; returns the control channel. */
  activate(onOutput: OnOutput): Socket;
  /** Writes a file of its working directory: see `Runtime`. Rejects if the process has ended. */
  place(path: string, size: number, bytes: Readable): Promise<void>;
  /** It is dead, and all its output was seen. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  /** Its stderr before it was activated. */
  complaint(): string;
}

/** Starts a process and waits until its interpreter does. Throws `SandboxError` and leaves nothing behind. */
export async function startWaiting(launch: Launch, fifos: FifoPool): Promise<WaitingProcess> {
  const stdout = await fifos.take();
  const stderr = await fifos.take();
  const child = spawnWith(launch, stdout, stderr);

  let onOutput: OnOutput | undefined;
  let complaint = Buffer.alloc(0);
  stdout.readable.on("data", (bytes: Buffer) => onOutput?.("stdout", bytes));
  stderr.readable.on("data", (bytes: Buffer) => {
    if (onOutput) return onOutput("stderr", bytes);
    complaint = Buffer.concat([complaint, bytes]).subarray(0, COMPLAINT_BYTES);
  });
  const drained = Promise.all([stdout, stderr].map(({ readable }) => sawEnd(readable)));
  const ended = awaitEnd(child, drained, [stdout, stderr]);

  const control = child.stdio[3] as Socket;
  const channel = child.stdio[4] as Socket;
  // Its end may close first; `ended` reports the exit.
  control.on("error", () => {});
  channel.on("error", () => {});
  let status = "";
  channel.setEncoding("utf8").on("data", (text: string) => (status += text));

  const inTime = AbortSignal.timeout(START_MS);
  // The order of reading is not the order of writing.
  const ready = await Promise.race([
    Promise.all([
      once(control, "data", { signal: inTime }),
      launch.reports ? once(channel, "data", { signal: inTime }) : undefined,
    ]).then(
      () => true,
      () => false,
    ),
    ended.then(() => false),
  ]);
  if (!ready) {
    child.kill("SIGKILL");
    const { code, signal } = await ended;
    throw new SandboxError(
      complaint.toString().trim() || `the sandbox ended with ${signal ?? code}`,
    );
  }
  return {
    child,
    status,
    async place(path, size, bytes) {
      if (whatIsWrongWithPath(path) !== undefined) {
        throw new RangeError(`${path} is no path of a file`);
      }
      await writeTo(control, `${size} ${path}\n`);
      for await (const part of bytes) await writeTo(control, part as Buffer);
    },
    activate(to) {
      onOutput = to;
      return control;
    },
    ended,
    complaint: () => complaint.toString().trim(),
  };
}

function spawnWith(launch: Launch, stdout: Fifo, stderr: Fifo): ChildProcess {
  const files: number[] = [];
  try {
    for (const path of launch.files) files.push(openSync(path, "r"));
    const [command, ...args] = launch.argv;
    return spawn(command, args, {
      cwd: launch.cwd,
      env: { ...launch.env },
      stdio: ["ignore", stdout.writeEnd, stderr.writeEnd, "pipe", "pipe", ...files],
      // Out of the terminal's process group: Ctrl-C is for the responder, which then hands runs back.
      detached: true,
    });
  } finally {
    for (const file of files) closeSync(file);
    stdout.handOver();
    stderr.handOver();
  }
}

async function awaitEnd(
  child: ChildProcess,
  drained: Promise<unknown>,
  fifos: readonly Fifo[],
): Promise<{ code: number | null; signal: string | null }> {
  const result = await new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, DRAIN_MS, false as const);
  });
  const closed = (await Promise.race([drained, late])) !== false;
  clearTimeout(timer);
  for (const channel of child.stdio.slice(3)) channel?.destroy();
  for (const fifo of fifos) fifo.giveBack(closed);
  return result;
}

/** Resolves once the other side has room again. */
function writeTo(control: Socket, part: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    control.write(part, (error) => (error ? reject(error) : resolve()));
  });
}

function sawEnd(readable: Socket): Promise<void> {
  return new Promise((resolve) => {
    readable
      .once("end", resolve)
      .once("close", resolve)
      .once("error", () => resolve());
  });
}
