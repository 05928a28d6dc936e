import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { whatIsWrongWithPath } from "../../../protocol/block-files.ts";
import type { FifoPool, Fifo } from "./fifos.ts";
import { SandboxError, type OnOutput } from "../result.ts";
import { spawnChild, type Launch } from "./spawn-child.ts";
import type { ExitedProcess, StartedProcess } from "./started-process.ts";

const START_MS = 10_000;
const COMPLAINT_BYTES = 1000;
/** Processes that left their group may hold the output open for as long as they like. */
const DRAIN_MS = 200;

/** A process with its output, its control channel (descriptor 3) and its status channel (4). */
export interface WaitingProcess {
  /** Undefined where it is nobody's child here. */
  readonly pid: number | undefined;
  kill(): void;
  /** Settles before its output was seen. */
  readonly exited: Promise<ExitedProcess>;
  /** The text on its status channel by the time it was ready. */
  readonly status: string;
  /** Passes output to `onOutput` from now on; returns the control channel. */
  activate(onOutput: OnOutput): Socket;
  /** Writes a file of its working directory: see `Runtime`. Rejects if the process has ended. */
  place(path: string, size: number, bytes: Readable): Promise<void>;
  /** It is dead, and all its output was seen. */
  readonly ended: Promise<ExitedProcess>;
  /** Its stderr before it was activated. */
  complaint(): string;
}

/** Starts a child process and waits until its interpreter does. Throws `SandboxError` and leaves nothing behind. */
export async function startWaiting(launch: Launch, fifos: FifoPool): Promise<WaitingProcess> {
  return awaitWaiting(await fifos.take(), await fifos.take(), (stdout, stderr) =>
    spawnChild(launch, stdout, stderr),
  );
}

/** The same for a process that `start` starts with these ends as its output. */
export async function awaitWaiting(
  stdout: Fifo,
  stderr: Fifo,
  start: (stdout: Fifo, stderr: Fifo) => StartedProcess & { readonly pid?: number | undefined },
): Promise<WaitingProcess> {
  const started = start(stdout, stderr);
  let onOutput: OnOutput | undefined;
  let complaint = Buffer.alloc(0);
  stdout.readable.on("data", (bytes: Buffer) => onOutput?.("stdout", bytes));
  stderr.readable.on("data", (bytes: Buffer) => {
    if (onOutput) return onOutput("stderr", bytes);
    complaint = Buffer.concat([complaint, bytes]).subarray(0, COMPLAINT_BYTES);
  });
  const drained = Promise.all([stdout, stderr].map(({ readable }) => sawEnd(readable)));
  const ended = awaitEnd(started, drained, [stdout, stderr]);
  const { control, reported, exited, kill } = started;
  // Its end may close first; `ended` reports the exit.
  control.on("error", () => {});

  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, START_MS, undefined);
  });
  const ready = new Promise<void>((resolve) => control.once("data", () => resolve()));
  // The order of reading is not the order of writing.
  const status = await Promise.race([
    Promise.all([ready, reported]).then(([, text]) => text ?? ""),
    ended.then(() => undefined),
    late,
  ]);
  clearTimeout(timer);
  if (status === undefined) {
    kill();
    const { code, signal, failure } = await ended;
    throw new SandboxError(
      complaint.toString().trim() || failure || `the sandbox ended with ${signal ?? code}`,
    );
  }
  return {
    pid: started.pid,
    kill,
    exited,
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

async function awaitEnd(
  started: StartedProcess,
  drained: Promise<unknown>,
  fifos: readonly Fifo[],
): Promise<ExitedProcess> {
  const result = await started.exited;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, DRAIN_MS, false as const);
  });
  const closed = (await Promise.race([drained, late])) !== false;
  clearTimeout(timer);
  started.close();
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
