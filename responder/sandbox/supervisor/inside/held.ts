import { execFile } from "node:child_process";
import {
  closeSync,
  constants,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { OperationOf } from "../messages.ts";
import { command, startChild, writeAll, writeMark, type ChildEnd } from "./children.ts";

const POLL_MS = 10;
/** After its program's end only what that left running writes to a pipe. */
const LATE_POLL_MS = 100;
/** Most bytes of one program's output that wait to be printed. */
const MAX_BYTES = 64 * 2 ** 20;
const FULL: readonly (string | undefined)[] = ["ENOSPC", "EDQUOT"];
const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_NONBLOCK } = constants;

/** Holds at least what a pipe can, so that one read empties it. */
const buffer = Buffer.alloc(2 ** 20);

/** A program's output that waits to be printed: in one file, which has no name, in the order in which it arrived. */
interface HeldOutput {
  readonly file: number;
  /** Read ends of its stdout and stderr. */
  readonly pipes: readonly [number, number];
  /** Write ends, for the program. */
  readonly inputs: readonly [number, number];
  /** Pieces that were not printed: their bytes, negative for stderr. */
  pieces: number[];
  size: number;
  printed: number;
  /** Bytes that were not kept. */
  lost: number;
  hasEnded: boolean;
  /** Nothing will be added. */
  isWhole: boolean;
}

const opened = new Map<number, Promise<HeldOutput>>();

export const isAnyHeld = (): boolean => opened.size > 0;

/** Runs a program beside others, and keeps its output for `printHeld`. */
export async function hold({
  command: number,
  folder,
  ...program
}: OperationOf<"hold">): Promise<ChildEnd> {
  const opening = openOutput(folder);
  opened.set(number, opening);
  const output = await opening;
  const child = startChild(program, output.inputs);
  for (const fd of output.inputs) closeSync(fd);
  const collected = collect(output);
  const { failure, ...end } = await command(child, "exit");
  output.hasEnded = true;
  await collected;
  if (failure !== undefined) keep(output, Buffer.from(`${failure}\n`), true);
  output.isWhole = true;
  return end;
}

/** The held programs that have something to print, or have ended, once there is one. */
export async function awaitOutput(): Promise<{ commands: number[] }> {
  for (;;) {
    const commands: number[] = [];
    for (const [number, opening] of opened) {
      const { pieces, isWhole } = await opening;
      if (pieces.length > 0 || isWhole) commands.push(number);
    }
    if (commands.length > 0 || opened.size === 0) return { commands };
    await sleep(POLL_MS);
  }
}

/** Prints what a held program has printed so far. `whole`: it has ended, and this was the last of it. */
export async function printHeld({ command: number, mark }: OperationOf<"print">) {
  const output = await opened.get(number);
  if (output === undefined) throw new Error("no such command is held");
  const whole = output.isWhole;
  // Where they are full, other programs' output is still collected.
  const streams = [openOwn(1), openOwn(2)] as const;
  for (const piece of output.pieces.splice(0)) {
    await copyPiece(output, piece, streams[piece > 0 ? 0 : 1]);
  }
  if (output.pieces.length === 0) empty(output);
  if (whole && output.lost > 0) {
    await writeAll(streams[1], `\n[… ${output.lost} bytes left out …]\n`);
  }
  await writeMark(mark);
  for (const fd of streams) closeSync(fd);
  if (whole) {
    closeSync(output.file);
    opened.delete(number);
  }
  return { whole };
}

/** All of it is printed: the file need not grow with what its program prints from here on. */
function empty(output: HeldOutput): void {
  ftruncateSync(output.file);
  output.size = output.printed = 0;
}

async function openOutput(folder: string): Promise<HeldOutput> {
  const place = mkdtempSync(join(folder, ".held-"));
  try {
    const paths = [join(place, "1"), join(place, "2")] as const;
    // Programs that open /dev/stderr can open a pipe, and do not truncate it.
    await promisify(execFile)("mkfifo", ["-m", "600", ...paths], {
      env: { PATH: "/usr/bin:/bin" },
    });
    const open = (flags: number) => [openSync(paths[0], flags), openSync(paths[1], flags)] as const;
    const pipes = open(O_RDONLY | O_NONBLOCK);
    const inputs = open(O_WRONLY);
    const file = openSync(join(place, "output"), O_RDWR | O_CREAT | O_EXCL, 0o600);
    const counts = { pieces: [], size: 0, printed: 0, lost: 0 };
    return { file, pipes, inputs, ...counts, hasEnded: false, isWhole: false };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function collect(output: HeldOutput): Promise<void> {
  for (;;) {
    const { hasEnded } = output;
    const taken = output.pipes.map((pipe, index) => {
      const bytes = readPipe(pipe) ?? 0;
      keep(output, buffer.subarray(0, bytes), index === 1);
      return bytes;
    });
    if (hasEnded) break;
    await sleep(taken.some((bytes) => bytes > 0) ? 0 : POLL_MS);
  }
  for (const pipe of output.pipes) void discardRest(pipe);
}

/** Keeps a closed or a full pipe from disturbing what the program left running. */
async function discardRest(pipe: number): Promise<void> {
  while (readPipe(pipe) !== 0) await sleep(LATE_POLL_MS);
  closeSync(pipe);
}

/** Bytes in `buffer`; 0: nobody has the other end open; undefined: there are none now. */
function readPipe(pipe: number): number | undefined {
  try {
    return readSync(pipe, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return undefined;
    throw error;
  }
}

function keep(output: HeldOutput, bytes: Buffer, isStderr: boolean): void {
  const kept = append(output.file, bytes.subarray(0, MAX_BYTES - output.size), output.size);
  output.size += kept;
  output.lost += bytes.length - kept;
  if (kept > 0) output.pieces.push(isStderr ? -kept : kept);
}

/** Answers how much of it was written. */
function append(file: number, bytes: Buffer, at: number): number {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(file, bytes, written, null, at + written);
  } catch (error) {
    if (!FULL.includes((error as NodeJS.ErrnoException).code)) throw error;
  }
  return written;
}

async function copyPiece(output: HeldOutput, piece: number, to: number): Promise<void> {
  for (let left = Math.abs(piece); left > 0;) {
    const part = Buffer.alloc(Math.min(left, 64 * 1024));
    const bytes = readSync(output.file, part, 0, part.length, output.printed);
    if (bytes === 0) throw new Error("the output of a command is gone");
    await writeAll(to, part.subarray(0, bytes));
    output.printed += bytes;
    left -= bytes;
  }
}

/** One of our streams with flags of its own. */
function openOwn(fd: 1 | 2): number {
  return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK);
}
