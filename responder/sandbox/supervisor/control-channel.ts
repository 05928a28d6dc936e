import { DeferredError } from "../../../protocol/deferred-error.ts";
import type { Socket } from "node:net";
import * as v from "valibot";
import { SandboxError } from "../result.ts";
import { SupervisorReplySchema, type SupervisorOperation } from "./messages.ts";
import { parseJsonText } from "../../process/read.ts";

/** The sandbox ended during a call: by a limit, a signal, or its own commands. */
export class SandboxGone extends SandboxError {}

/** The operation failed, and the sandbox is still there. */
export class InsideError extends DeferredError {
  override readonly name = "InsideError";

  constructor(message: string) {
    super("sandbox_operation_failed", message);
  }
}

/** An app's answer of 8 MiB in base64, with what surrounds it. */
const MAX_LINE_CHARACTERS = 16 * 2 ** 20;

/** Requests to a supervisor and their replies. */
export interface ControlChannel {
  /** Aborts when the sandbox has ended. */
  readonly signal: AbortSignal;
  /** Throws `InsideError`, or `SandboxGone` once the sandbox has ended. */
  call<Result>(
    operation: SupervisorOperation,
    result: v.GenericSchema<unknown, Result>,
  ): Promise<Result>;
  /** Makes the supervisor exit. */
  end(code: number): void;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export function openControlChannel(control: Socket, gone: Promise<void>): ControlChannel {
  const waiting = new Map<number, Waiting>();
  const over = new AbortController();
  let lastId = 0;

  void gone.then(() => {
    over.abort(new SandboxGone("the sandbox has ended"));
    for (const { reject } of waiting.values()) reject(new SandboxGone("the sandbox has ended"));
    waiting.clear();
  });
  let buffered = "";
  control.setEncoding("utf8").on("data", (text: string) => {
    const lines = (buffered + text).split("\n");
    buffered = lines.pop() ?? "";
    if (buffered.length > MAX_LINE_CHARACTERS) control.destroy();
    for (const line of lines) answer(line, waiting);
  });

  return {
    signal: over.signal,
    async call(operation, schema) {
      over.signal.throwIfAborted();
      const id = ++lastId;
      const result = await new Promise<unknown>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        control.write(`${JSON.stringify({ ...operation, id })}\n`);
      });
      const parsed = v.safeParse(schema, result);
      if (!parsed.success) throw new InsideError(`${operation.op} was answered wrongly`);
      return parsed.output;
    },
    end(code) {
      if (!over.signal.aborted) control.write(`${JSON.stringify({ id: 0, op: "end", code })}\n`);
    },
  };
}

/** Programs inside can write to the channel as well: a line that answers nothing is ignored. */
function answer(line: string, waiting: Map<number, Waiting>): void {
  const reply = v.safeParse(SupervisorReplySchema, parseJsonText(line));
  if (!reply.success) return;
  const { id, result, error } = reply.output;
  const call = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) call?.resolve(result);
  else call?.reject(new InsideError(error));
}
