import { toJsonSchema } from "@valibot/to-json-schema";
import { object, array, type BaseIssue, type BaseSchema } from "valibot";
import { ERRORS, type ErrorCode } from "../protocol/errors.ts";
import {
  KeyRequestSchema,
  KeyViewSchema,
  RunRequestSchema,
  WakeAnswerSchema,
  WakeRequestSchema,
} from "../protocol/requests.ts";
import * as responder from "../protocol/responder.ts";
import { ResultSchema, RunCreatedSchema, RunViewSchema } from "../protocol/run.ts";
import { RunHappeningSchema } from "../protocol/events.ts";

type Schema = BaseSchema<unknown, unknown, BaseIssue<unknown>>;

interface Operation {
  tag: "Runs" | "Results" | "Projects" | "Responders" | "Server";
  summary: string;
  description?: string;
  /** Name to description; those in braces in the path are found there. */
  parameters?: Record<string, string>;
  headers?: Record<string, string>;
  query?: Record<string, string>;
  body?: Schema;
  /** Status to description and, where there is a body of JSON, its schema. */
  answers: Record<number, [description: string, schema?: Schema, type?: string]>;
  errors?: ErrorCode[];
  security?: "owner" | "responder";
}

const run = { id: "The run's id: 26 characters." };
const attempt = { run: "The run's id." };
const slug = { owner: "The project's owner.", name: "The project's name." };
const badBody: ErrorCode[] = [
  "content_type_unsupported",
  "body_not_json",
  "body_too_large",
  "body_invalid",
];
const badBlock: ErrorCode[] = [
  "token_malformed",
  "token_too_large",
  "token_type_wrong",
  "token_algorithm_refused",
  "token_claims_invalid",
  "key_unknown",
  "key_revoked",
  "signature_invalid",
  "block_expired",
  "block_not_yet_valid",
  "audience_wrong",
  "origin_refused",
];
const badAttempt: ErrorCode[] = [...badBody, "run_not_found", "attempt_over", "attempt_not_held"];
const stream = "text/event-stream";

/** Every call there is, by path and method; a test holds it against the routes that are served. */
export const OPERATIONS: Record<
  string,
  Partial<Record<"get" | "post" | "put" | "delete", Operation>>
> = {
  "/v1/runs": {
    post: {
      tag: "Runs",
      summary: "Run a signed block",
      description:
        "With `Accept: text/plain` the answer is the program's output as it comes, until it has ended.",
      headers: {
        "Idempotency-Key":
          "16 characters or more, kept for 24 hours: a repeated request gives the same run.",
      },
      body: RunRequestSchema,
      answers: {
        200: ["A stored result answers: the run has ended.", RunCreatedSchema],
        202: ["The run is on its way.", RunCreatedSchema],
      },
      errors: [
        ...badBody,
        ...badBlock,
        "code_too_large",
        "code_empty",
        "code_unacceptable",
        "code_mismatch",
        "network_edit_refused",
        "runtime_unknown",
        "input_invalid",
        "header_invalid",
        "idempotency_key_reused",
      ],
    },
  },
  "/v1/runs/{id}": {
    get: {
      tag: "Runs",
      summary: "Look at a run",
      parameters: run,
      answers: { 200: ["The run as anybody who knows its id may see it.", RunViewSchema] },
      errors: ["run_not_found"],
    },
    delete: {
      tag: "Runs",
      summary: "Leave a run",
      description:
        "The caller of the cancel token leaves; the run is canceled when no caller is left.",
      parameters: run,
      headers: { Authorization: "Bearer and the run's cancel token." },
      answers: { 200: ["The run after it.", RunViewSchema] },
      errors: ["run_not_found", "cancel_token_wrong"],
    },
  },
  "/v1/runs/{id}/events": {
    get: {
      tag: "Runs",
      summary: "Follow a run",
      description:
        "Server-sent events; an event's id is the run's own number. 204 once all have been sent.",
      parameters: run,
      headers: { "Last-Event-ID": "Resumes after this event, without loss or repeat." },
      query: { after: "The same, for a client that can't set headers." },
      answers: {
        200: [
          "Events, each with the run's id, its number and its time.",
          RunHappeningSchema,
          stream,
        ],
        204: ["The run has ended and nothing comes after this event."],
      },
      errors: ["run_not_found", "header_invalid"],
    },
  },
  "/v1/runs/{id}/result": {
    get: {
      tag: "Results",
      summary: "Find a run's result",
      parameters: run,
      answers: { 302: ["Its lasting address, in Location."] },
      errors: ["run_not_found", "run_not_finished"],
    },
  },
  "/v1/events": {
    get: {
      tag: "Runs",
      summary: "Follow many runs on one connection",
      query: { runs: "`<id>:<after>`, separated by commas; 64 at most." },
      headers: { "Last-Event-ID": "The id of the last event seen: it holds every run's place." },
      answers: {
        200: ["Events of all of them.", RunHappeningSchema, stream],
        204: ["All have ended and nothing comes after these places."],
      },
      errors: ["query_invalid", "run_not_found"],
    },
  },
  "/v1/wake": {
    post: {
      tag: "Runs",
      summary: "Hint that a reader may soon run a block",
      description: "Taken only for blocks that name their origins, and only from one of them.",
      body: WakeRequestSchema,
      answers: { 200: ["What was made of the hint.", WakeAnswerSchema] },
      errors: [...badBody, ...badBlock, "wake_refused"],
    },
  },
  "/results/{run}/result.json": {
    get: {
      tag: "Results",
      summary: "Read a result",
      description: "Written for every run that ended; the address is in the run from its start.",
      parameters: attempt,
      answers: { 200: ["The result.", ResultSchema] },
      errors: ["file_not_found"],
    },
  },
  "/results/{run}/{attempt}/{name}": {
    get: {
      tag: "Results",
      summary: "Read an artifact",
      description: "Pictures and plain text are shown in place, all else is an attachment.",
      parameters: { ...attempt, attempt: "The attempt's number.", name: "The file's path." },
      answers: { 200: ["The file.", undefined, "application/octet-stream"] },
      errors: ["file_not_found"],
    },
  },
  "/v1/uploads/{key}": {
    put: {
      tag: "Results",
      summary: "Upload an artifact",
      description: "Its address comes signed, for exact bytes and for some minutes.",
      parameters: { key: "Where it is stored." },
      answers: { 200: ["Stored."] },
      errors: ["upload_refused"],
    },
  },
  "/v1/projects/{owner}/{name}/keys": {
    get: {
      tag: "Projects",
      summary: "List a project's keys",
      parameters: slug,
      answers: { 200: ["Its keys, oldest first.", object({ keys: array(KeyViewSchema) })] },
      errors: ["token_missing", "token_wrong", "project_not_found"],
      security: "owner",
    },
    post: {
      tag: "Projects",
      summary: "Register a public key",
      parameters: slug,
      body: KeyRequestSchema,
      answers: { 201: ["Blocks that it signs are run from now on.", KeyViewSchema] },
      errors: [...badBody, "token_missing", "token_wrong", "project_not_found", "key_exists"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/keys/{kid}": {
    delete: {
      tag: "Projects",
      summary: "Revoke a key",
      parameters: { ...slug, kid: "Its RFC 7638 thumbprint." },
      answers: { 200: ["Blocks that it signed are refused from now on.", KeyViewSchema] },
      errors: ["token_missing", "token_wrong", "project_not_found", "key_not_found"],
      security: "owner",
    },
  },
  "/v1/responder/progress": {
    post: {
      tag: "Responders",
      summary: "Report how far a boot is",
      body: responder.ProgressRequestSchema,
      answers: { 200: ["Taken."] },
      errors: [...badBody, "registration_refused"],
    },
  },
  "/v1/responder/register": {
    post: {
      tag: "Responders",
      summary: "Register a machine",
      description: "Binds the launch to the first key seen; voids what earlier boots held.",
      body: responder.RegisterRequestSchema,
      answers: { 200: ["The token for all other calls.", responder.RegisterAnswerSchema] },
      errors: [...badBody, "registration_refused", "protocol_version_wrong"],
    },
  },
  "/v1/responder/claim": {
    post: responderCall("Claim runs, waiting for some", responder.ClaimRequestSchema, {
      answer: responder.ClaimAnswerSchema,
      errors: [...badBody, "machine_leaving"],
    }),
  },
  "/v1/responder/renew": {
    post: responderCall("Keep the leases of what runs", responder.RenewRequestSchema, {
      answer: responder.RenewAnswerSchema,
      errors: badBody,
    }),
  },
  "/v1/responder/runs/{run}/started": {
    post: responderCall("Say that the program is about to begin", responder.StartedRequestSchema, {
      parameters: attempt,
      errors: badAttempt,
    }),
  },
  "/v1/responder/runs/{run}/output": {
    post: responderCall("Send a batch of output", responder.OutputRequestSchema, {
      parameters: attempt,
      errors: badAttempt,
    }),
  },
  "/v1/responder/runs/{run}/artifacts": {
    post: responderCall("Announce artifacts", responder.ManifestRequestSchema, {
      parameters: attempt,
      answer: responder.ManifestAnswerSchema,
      errors: badAttempt,
    }),
  },
  "/v1/responder/runs/{run}/finish": {
    post: responderCall("End the attempt", responder.FinishRequestSchema, {
      parameters: attempt,
      answer: responder.FinishAnswerSchema,
      errors: [...badAttempt, "upload_refused"],
    }),
  },
  "/v1/responder/leave": {
    post: responderCall("Ask to power off", undefined, { errors: ["work_waiting"] }),
  },
  "/healthz": {
    get: { tag: "Server", summary: "Whether the server lives", answers: { 200: ["It does."] } },
  },
  "/readyz": {
    get: {
      tag: "Server",
      summary: "Whether a block can be run",
      answers: { 200: ["It can."] },
      errors: ["overloaded"],
    },
  },
  "/.well-known/jwks.json": {
    get: {
      tag: "Server",
      summary: "The keys that sign this server's receipts",
      answers: { 200: ["A JWK set."] },
    },
  },
  "/openapi.json": {
    get: { tag: "Server", summary: "This document", answers: { 200: ["OpenAPI 3.1."] } },
  },
};

function responderCall(
  summary: string,
  body: Schema | undefined,
  more: { answer?: Schema; parameters?: Record<string, string>; errors: ErrorCode[] },
): Operation {
  return {
    tag: "Responders",
    summary,
    body,
    parameters: more.parameters,
    answers: { 200: ["Taken.", more.answer] },
    errors: ["responder_token_missing", "responder_token_wrong", ...more.errors],
    security: "responder",
  };
}

/** The OpenAPI 3.1 document of this server. */
export function openApiDocument({ url, version }: { url: string; version: string }) {
  const paths = Object.entries(OPERATIONS).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, operation]) => [method, describe(operation)]),
    ),
  ]);
  return {
    openapi: "3.1.0",
    info: {
      title: "Deferred Runner",
      version,
      description:
        "Signed code blocks on static pages, run on machines that exist only while somebody runs something.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url }],
    paths: Object.fromEntries(paths) as Record<string, Record<string, unknown>>,
    components: {
      securitySchemes: {
        owner: {
          type: "http",
          scheme: "bearer",
          description: "The API token of a project's owner.",
        },
        responder: {
          type: "http",
          scheme: "bearer",
          description: "The token a machine registered for.",
        },
      },
      schemas: {
        Problem: {
          type: "object",
          description: "An RFC 9457 problem document.",
          required: ["type", "title", "status", "code"],
          properties: {
            type: { type: "string", description: "Where the code is explained." },
            title: { type: "string", description: "What to do, in one sentence." },
            status: { type: "integer" },
            code: { type: "string", enum: Object.keys(ERRORS) },
            detail: { type: "string", description: "The facts of this case." },
          },
        },
      },
    },
  };
}

function describe(operation: Operation) {
  const parameter = (place: string, required: boolean) => (entry: [string, string]) => ({
    name: entry[0],
    in: place,
    required,
    description: entry[1],
    schema: { type: "string" },
  });
  const parameters = [
    ...Object.entries(operation.parameters ?? {}).map(parameter("path", true)),
    ...Object.entries(operation.query ?? {}).map(parameter("query", false)),
    ...Object.entries(operation.headers ?? {}).map(parameter("header", false)),
  ];
  const content = (schema: Schema | undefined, type = "application/json") =>
    schema || type !== "application/json"
      ? { [type]: schema ? { schema: jsonSchema(schema) } : {} }
      : undefined;
  const answers = Object.entries(operation.answers).map(([status, [description, schema, type]]) => [
    status,
    { description, content: content(schema, type) },
  ]);
  return {
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.description,
    parameters: parameters.length > 0 ? parameters : undefined,
    requestBody: operation.body && { required: true, content: content(operation.body) },
    responses: { ...Object.fromEntries(answers), ...problems(operation.errors ?? []) },
    security: operation.security && [{ [operation.security]: [] }],
  };
}

function jsonSchema(schema: Schema) {
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: "ignore", typeMode: "input" });
  return rest;
}

/** One answer a status, which lists the codes that come with it. */
function problems(codes: ErrorCode[]) {
  const statuses = Object.groupBy(codes, (code) => ERRORS[code][0]);
  return Object.fromEntries(
    Object.entries(statuses).map(([status, here]) => [
      status,
      {
        description: here.map((code) => `\`${code}\``).join(", "),
        content: {
          "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
        },
      },
    ]),
  );
}
