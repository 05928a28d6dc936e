import type { Context, Hono } from "hono";
import type { BaseIssue, BaseSchema, InferOutput } from "valibot";
import type { ErrorCode } from "../../protocol/errors.ts";
import { jsonBody, type JsonBodyOptions } from "../http/json-body.ts";
import { describe } from "../http/openapi/describe.ts";
import { learn } from "../logs/request-facts.ts";
import type { RegisteredMachine, Registration } from "./registration.ts";

type Schema = BaseSchema<unknown, unknown, BaseIssue<unknown>>;

interface ResponderCall<Body extends Schema> {
  summary: string;
  body: Body;
  /** Absent: 256 KiB. */
  maxBytes?: number;
  shape?: JsonBodyOptions;
  answer?: Schema;
  errors?: readonly ErrorCode[];
}

export interface ResponderRequest<Body> {
  c: Context;
  machine: RegisteredMachine;
  /** Empty where the path names none. */
  run: string;
  body: Body;
}

/** Calls without output or a checkout are small. */
const SMALL = 256 * 1024;
const ATTEMPT_ERRORS: ErrorCode[] = ["run_not_found", "attempt_over", "attempt_not_held"];

interface ResponderRoutesOptions {
  registration: Pick<Registration, "authenticate">;
  /** Called with each call of a machine with a known token. */
  seen: (machine: RegisteredMachine, run: string) => void;
}

/** Adds routes for registered machines to `app`: each checks its token, then its body. */
export function responderRouter(app: Hono, { registration, seen }: ResponderRoutesOptions) {
  return function post<Body extends Schema>(
    path: string,
    { summary, body: schema, maxBytes = SMALL, shape, answer, errors = [] }: ResponderCall<Body>,
    handle: (request: ResponderRequest<InferOutput<Body>>) => Promise<object | Response | void>,
  ): void {
    const isOfAttempt = path.includes(":run");
    const docs = describe({
      tag: "Responders",
      summary,
      parameters: isOfAttempt ? { run: "The run's id." } : undefined,
      body: schema,
      answers: { 200: ["Taken.", answer] },
      errors: [
        "responder_token_missing",
        "responder_token_wrong",
        ...(isOfAttempt ? ATTEMPT_ERRORS : []),
        ...errors,
      ],
      security: "responder",
    });
    app.post(path, docs, async (c) => {
      const machine = await registration.authenticate(c.req.header("authorization"));
      const run = c.req.param("run") ?? "";
      learn({ machine: machine.launchId });
      seen(machine, run);
      const body = await jsonBody(c, schema, maxBytes, shape);
      const answer = (await handle({ c, machine, run, body })) ?? {};
      return answer instanceof Response ? answer : c.json(answer);
    });
  };
}
