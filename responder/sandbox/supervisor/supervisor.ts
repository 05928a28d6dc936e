import type { Socket } from "node:net";
import * as v from "valibot";
import { ExitCodeSchema, SignalNameSchema } from "../../../protocol/events.ts";
import type { MarkedStreams } from "./marked-streams.ts";
import { SandboxError } from "../result.ts";

/** How a program inside ended. */
export interface ProgramStatus {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A program and what it is started with. */
export interface InsideProgram {
  readonly argv: readonly [string, ...string[]];
  /** As the sandbox sees it. */
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface InsideRequest {
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body?: string | undefined;
  readonly timeoutMs: number;
}

/** The sandbox ended while something was asked of it: by a limit, a signal, or its own commands. */
export class SandboxGone extends SandboxError {}

/** Has things done inside a sandbox. Every call throws `SandboxGone` once the sandbox has ended. */
export interface Supervisor {
  /** Aborts when the sandbox has ended. */
  readonly signal: AbortSignal;
  /** Fewer seconds for all of it than the limits say, counted from the beginning. */
  shorten(wallS: number): void;
  /** Ends all that is in the sandbox. */
  giveUp(): void;
  /** Runs a program, its output being the attempt's. When it resolves all of the output was passed on. */
  run(program: InsideProgram): Promise<ProgramStatus>;
  /** Runs a program of ours; answers the last of its output, both streams together. */
  ask(program: InsideProgram): Promise<ProgramStatus & { output: string }>;
  /** Starts what stays, its output in a file inside. */
  startDaemon(program: InsideProgram & { log: string }): Promise<number>;
  /** TERM, then KILL. */
  stopDaemon(daemon: number, graceMs: number): Promise<void>;
  /** Whether it answers on the port before it ends or the time is over; below 500 where a path is given. */
  awaitUp(daemon: number, port: number, timeoutMs: number, path?: string): Promise<boolean>;
  /** Sends one HTTP request to 127.0.0.1. Throws `InsideError` where there is no answer. */
  request(request: InsideRequest): Promise<InsideAnswer>;
  freePort(): Promise<number>;
  /** Answers a port of 127.0.0.1 that leads to a unix socket inside. */
  forward(socket: string): Promise<number>;
}

/** What was asked could not be done, and the sandbox is there still. */
export class InsideError extends Error {
  override readonly name = "InsideError";
}

const KEPT_BYTES = 8 * 1024;
/** An app's answer of 8 MiB in base64, and what is around it. */
const MOST_LINE_CHARACTERS = 16 * 2 ** 20;

const StatusSchema = v.object({ exit_code: ExitCodeSchema, signal: SignalNameSchema });
const AskedSchema = v.object({ ...StatusSchema.entries, output: v.string() });
const PortSchema = v.object({ port: v.number() });
const InsideAnswerSchema = v.object({
  status: v.number(),
  reason: v.string(),
  headers: v.array(v.tuple([v.string(), v.string()])),
  /** Base64. */
  body: v.string(),
});
type InsideAnswer = v.InferOutput<typeof InsideAnswerSchema>;
const ReplySchema = v.object({
  id: v.number(),
  result: v.optional(v.unknown()),
  error: v.optional(v.string()),
});

/** The responder's end of a supervisor; `end` has it exit, with all that is in the sandbox. */
export function openSupervisor(
  control: Socket,
  streams: MarkedStreams,
  gone: Promise<void>,
): { supervisor: Omit<Supervisor, "shorten">; end(code: number): void } {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const over = new AbortController();
  let last = 0;

  const fail = () => {
    over.abort(new SandboxGone("the sandbox has ended"));
    for (const { reject } of waiting.values()) reject(new SandboxGone("the sandbox has ended"));
    waiting.clear();
  };
  void gone.then(fail);
  let buffered = "";
  control.setEncoding("utf8").on("data", (text: string) => {
    const lines = (buffered + text).split("\n");
    buffered = lines.pop() ?? "";
    if (buffered.length > MOST_LINE_CHARACTERS) control.destroy();
    for (const line of lines) {
      // Whoever is inside can write here as well: what makes no sense is not heard.
      const reply = v.safeParse(ReplySchema, parseJson(line));
      const one = reply.success ? waiting.get(reply.output.id) : undefined;
      if (!reply.success || one === undefined) continue;
      waiting.delete(reply.output.id);
      const { result, error } = reply.output;
      if (error === undefined) one.resolve(result);
      else one.reject(new InsideError(error));
    }
  });

  const call = async <Result>(
    op: string,
    schema: v.GenericSchema<unknown, Result>,
    fields: object,
  ): Promise<Result> => {
    over.signal.throwIfAborted();
    const id = ++last;
    const result = await new Promise<unknown>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      control.write(`${JSON.stringify({ ...fields, id, op })}\n`);
    });
    const parsed = v.safeParse(schema, result);
    if (!parsed.success) throw new InsideError(`${op} was answered wrongly`);
    return parsed.output;
  };
  const statusOf = ({ exit_code, signal }: v.InferOutput<typeof StatusSchema>): ProgramStatus => ({
    exitCode: exit_code,
    signal,
  });

  const end = (code: number) => {
    if (!over.signal.aborted) control.write(`${JSON.stringify({ id: 0, op: "end", code })}\n`);
  };
  const supervisor: Omit<Supervisor, "shorten"> = {
    signal: over.signal,
    giveUp: () => end(1),
    async run(program) {
      const mark = streams.expect();
      const status = await call("run", StatusSchema, { ...program, mark: mark.text });
      await Promise.race([mark.seen, gone]);
      return statusOf(status);
    },
    async ask(program) {
      const asked = await call("ask", AskedSchema, { ...program, keep: KEPT_BYTES });
      return { ...statusOf(asked), output: asked.output };
    },
    async startDaemon(program) {
      return (await call("start_daemon", v.object({ daemon: v.number() }), program)).daemon;
    },
    async stopDaemon(daemon, graceMs) {
      await call("stop_daemon", v.unknown(), { daemon, grace_ms: graceMs });
    },
    async awaitUp(daemon, port, timeoutMs, path) {
      const fields = { daemon, port, path, timeout_ms: timeoutMs };
      return (await call("await_up", v.object({ up: v.boolean() }), fields)).up;
    },
    request: ({ timeoutMs, ...request }) =>
      call("request", InsideAnswerSchema, { ...request, timeout_ms: timeoutMs }),
    freePort: async () => (await call("free_port", PortSchema, {})).port,
    forward: async (socket) => (await call("forward", PortSchema, { socket })).port,
  };
  return { supervisor, end };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
