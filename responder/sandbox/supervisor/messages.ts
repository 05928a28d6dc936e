import * as v from "valibot";

// The protocol between a responder and the supervisor inside a command sandbox: a JSON line is a request, a JSON line
// with the same id its answer.

const program = {
  argv: v.pipe(v.tupleWithRest([v.string()], v.string()), v.readonly()),
  /** As the sandbox sees it. */
  cwd: v.string(),
  /** All of its environment. */
  env: v.record(v.string(), v.string()),
};
const app = { port: v.number(), path: v.string(), timeout_ms: v.number() };

const RunSchema = v.object({ op: v.literal("run"), ...program, mark: v.string() });
const HoldSchema = v.object({
  op: v.literal("hold"),
  ...program,
  /** Chosen by the responder. */
  command: v.number(),
  /** For its output, as the sandbox sees it. */
  folder: v.string(),
});
/** Answered once a held command has output that was not printed, or has ended. */
const AwaitOutputSchema = v.object({ op: v.literal("await_output") });
/** Prints what a held command has printed so far. */
const PrintSchema = v.object({ op: v.literal("print"), command: v.number(), mark: v.string() });
const AskSchema = v.object({ op: v.literal("ask"), ...program, keep: v.number() });
const StartDaemonSchema = v.object({ op: v.literal("start_daemon"), ...program, log: v.string() });
const StopDaemonSchema = v.object({
  op: v.literal("stop_daemon"),
  daemon: v.number(),
  grace_ms: v.number(),
});
const AwaitUpSchema = v.object({
  op: v.literal("await_up"),
  daemon: v.number(),
  ...app,
  path: v.optional(app.path),
});
const AppRequestSchema = v.object({
  op: v.literal("request"),
  ...app,
  method: v.string(),
  headers: v.record(v.string(), v.string()),
  /** Base64. */
  body: v.optional(v.string()),
});
const OperationSchema = v.variant("op", [
  RunSchema,
  HoldSchema,
  AwaitOutputSchema,
  PrintSchema,
  AskSchema,
  StartDaemonSchema,
  StopDaemonSchema,
  AwaitUpSchema,
  AppRequestSchema,
  v.object({ op: v.literal("free_port") }),
  v.object({ op: v.literal("forward"), socket: v.string() }),
  v.object({ op: v.literal("end"), code: v.number() }),
]);

export const SupervisorRequestSchema = v.intersect([v.object({ id: v.number() }), OperationSchema]);
export type SupervisorOperation = v.InferOutput<typeof OperationSchema>;
/** The operation `Op` without its name. */
export type OperationOf<Op extends SupervisorOperation["op"]> = Omit<
  Extract<SupervisorOperation, { op: Op }>,
  "op"
>;

export const SupervisorReplySchema = v.object({
  id: v.number(),
  result: v.optional(v.unknown()),
  error: v.optional(v.string()),
});
export type SupervisorReply = v.InferOutput<typeof SupervisorReplySchema>;

/** An app's answer, its body in base64. */
export const AppAnswerSchema = v.object({
  status: v.number(),
  reason: v.string(),
  headers: v.array(v.tuple([v.string(), v.string()])),
  body: v.string(),
});
export type AppAnswer = v.InferOutput<typeof AppAnswerSchema>;
