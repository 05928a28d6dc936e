import type { Socket } from "node:net";
import * as v from "valibot";
import { ExitCodeSchema, SignalNameSchema } from "../../../protocol/events.ts";
import { openControlChannel, type ControlChannel } from "./control-channel.ts";
import type { OnOutput } from "../result.ts";
import { heldPrinter } from "./held-printer.ts";
import type { MarkedStreams } from "./marked-streams.ts";
import { AppAnswerSchema, type AppAnswer, type OperationOf } from "./messages.ts";

/** How a program inside ended. */
export interface ProgramStatus {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A program with its arguments and environment. */
export type InsideProgram = Pick<OperationOf<"run">, "argv" | "cwd"> & {
  readonly env: Readonly<Record<string, string>>;
};

interface InsideRequest extends Omit<OperationOf<"request">, "timeout_ms"> {
  readonly timeoutMs: number;
}

/** Acts inside a sandbox. Every call throws `SandboxGone` once the sandbox has ended. */
export interface Supervisor {
  /** Aborts when the sandbox has ended. */
  readonly signal: AbortSignal;
  /** Lowers the limit of wall time, counted from the beginning. */
  shorten(wallS: number): void;
  /** Ends everything in the sandbox. */
  giveUp(): void;
  /** Runs a program with the attempt's output. Resolves once all of its output was passed on. */
  run(program: InsideProgram): Promise<ProgramStatus>;
  /**
   * Runs a program beside others, and passes its output to `write`. Resolves once all of that was passed on. Not
   * beside `run`.
   */
  runBeside(program: InsideProgram & { folder: string }, write: OnOutput): Promise<ProgramStatus>;
  /** Runs a program of ours; resolves with the last of its output, both streams together. */
  ask(program: InsideProgram): Promise<ProgramStatus & { output: string }>;
  /** Starts a daemon with its output in a file inside; resolves with its number. */
  startDaemon(program: InsideProgram & { log: string }): Promise<number>;
  /** TERM, then KILL. */
  stopDaemon(daemon: number, graceMs: number): Promise<void>;
  /** Whether it accepts connections before it ends or the time is up; with a path, answers it below 500. */
  awaitUp(daemon: number, port: number, timeoutMs: number, path?: string): Promise<boolean>;
  /** Sends one HTTP request to 127.0.0.1. Throws `InsideError` where there is no answer. */
  request(request: InsideRequest): Promise<AppAnswer>;
  freePort(): Promise<number>;
  /** Opens a port of 127.0.0.1 that leads to a unix socket inside. */
  forward(socket: string): Promise<number>;
}

const KEPT_BYTES = 8 * 1024;
const StatusSchema = v.object({ exit_code: ExitCodeSchema, signal: SignalNameSchema });
const AskedSchema = v.object({ ...StatusSchema.entries, output: v.string() });
const PortSchema = v.object({ port: v.number() });
const DaemonSchema = v.object({ daemon: v.number() });
const UpSchema = v.object({ up: v.boolean() });

/** The responder's end of a supervisor; `end` makes it exit with everything in the sandbox. */
export function openSupervisor(
  control: Socket,
  streams: MarkedStreams,
  gone: Promise<void>,
): { supervisor: Omit<Supervisor, "shorten">; end(code: number): void } {
  const channel: ControlChannel = openControlChannel(control, gone);
  const { call, signal } = channel;
  const printer = heldPrinter(call, streams, gone);
  let lastHeld = 0;
  const supervisor: Omit<Supervisor, "shorten"> = {
    signal,
    giveUp: () => channel.end(1),
    async run(program) {
      const mark = streams.expect();
      const status = await call({ op: "run", ...program, mark: mark.text }, StatusSchema);
      await Promise.race([mark.seen, gone]);
      return toStatus(status);
    },
    async runBeside(program, write) {
      const command = ++lastHeld;
      const ended = call({ op: "hold", ...program, command }, StatusSchema);
      const [status] = await Promise.all([ended, printer.print(command, write)]);
      return toStatus(status);
    },
    async ask(program) {
      const asked = await call({ op: "ask", ...program, keep: KEPT_BYTES }, AskedSchema);
      return { ...toStatus(asked), output: asked.output };
    },
    startDaemon: async (program) =>
      (await call({ op: "start_daemon", ...program }, DaemonSchema)).daemon,
    async stopDaemon(daemon, graceMs) {
      await call({ op: "stop_daemon", daemon, grace_ms: graceMs }, v.unknown());
    },
    async awaitUp(daemon, port, timeoutMs, path) {
      const operation = { op: "await_up", daemon, port, path, timeout_ms: timeoutMs } as const;
      return (await call(operation, UpSchema)).up;
    },
    request: ({ timeoutMs, ...request }) =>
      call({ op: "request", ...request, timeout_ms: timeoutMs }, AppAnswerSchema),
    freePort: async () => (await call({ op: "free_port" }, PortSchema)).port,
    forward: async (socket) => (await call({ op: "forward", socket }, PortSchema)).port,
  };
  return { supervisor, end: channel.end };
}

function toStatus({ exit_code, signal }: v.InferOutput<typeof StatusSchema>): ProgramStatus {
  return { exitCode: exit_code, signal };
}
