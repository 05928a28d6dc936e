import type { MiddlewareHandler } from "hono";
import { describeRoute, resolver } from "hono-openapi";
import type { BaseIssue, BaseSchema } from "valibot";
import { ERRORS, type ErrorCode } from "../../../protocol/errors.ts";

type Schema = BaseSchema<unknown, unknown, BaseIssue<unknown>>;

/** Descriptions by name. */
type Described = Record<string, string>;

/** A route's operation in the OpenAPI document. Path and method are taken from the route. */
export interface RouteDescription {
  tag:
    | "Runs"
    | "Results"
    | "Blocks"
    | "Projects"
    | "Machines"
    | "Webhooks"
    | "Responders"
    | "Server";
  summary: string;
  description?: string;
  /** Parameters in the path. */
  parameters?: Described;
  headers?: Described;
  query?: Described;
  /** A body adds the errors of a JSON body. */
  body?: Schema;
  /** Absent: true. */
  bodyRequired?: boolean;
  /** By status: a description, and the schema of a JSON body or the type of another body. */
  answers: Record<number, [description: string, schema?: Schema, type?: string]>;
  errors?: readonly ErrorCode[];
  security?: "owner" | "responder";
}

const BODY_ERRORS: ErrorCode[] = [
  "content_type_unsupported",
  "body_not_json",
  "body_too_large",
  "body_invalid",
];

/** Errors of a route that asks for a token and its scope. */
export const TOKEN_ERRORS = ["token_missing", "token_wrong", "token_scope_low"] as const;

/** A middleware that attaches the description to its route and passes requests through. */
export function describe(operation: RouteDescription): MiddlewareHandler {
  const { tag, summary, description, body, bodyRequired = true, security } = operation;
  const parameters = [
    ...parametersIn("path", operation.parameters),
    ...parametersIn("query", operation.query),
    ...parametersIn("header", operation.headers),
  ];
  const answers = Object.entries(operation.answers).map(([status, [text, schema, type]]) => [
    status,
    { description: text, content: content(schema, type) },
  ]);
  const errors = [...(body ? BODY_ERRORS : []), ...(operation.errors ?? [])];
  return describeRoute({
    tags: [tag],
    summary,
    description,
    parameters: parameters.length > 0 ? parameters : undefined,
    requestBody: body && { required: bodyRequired, content: content(body) ?? {} },
    responses: { ...Object.fromEntries(answers), ...problems(errors) },
    security: security && [{ [security]: [] }],
  });
}

/** Describes a route below one project's slug that needs the owner's token. */
export function describeForOwner(
  operation: Omit<RouteDescription, "tag"> & { tag?: RouteDescription["tag"] },
) {
  return describe({
    tag: "Projects",
    security: "owner",
    ...operation,
    parameters: {
      owner: "The project's owner.",
      name: "The project's name.",
      ...operation.parameters,
    },
    errors: [...TOKEN_ERRORS, "project_not_found", ...(operation.errors ?? [])],
  });
}

function parametersIn(place: "path" | "query" | "header", described: Described = {}) {
  return Object.entries(described).map(([name, description]) => ({
    name,
    in: place,
    required: place === "path",
    description,
    schema: { type: "string" as const },
  }));
}

function content(schema: Schema | undefined, type = "application/json") {
  if (schema)
    return { [type]: { schema: resolver(schema, { errorMode: "ignore", typeMode: "input" }) } };
  return type === "application/json" ? undefined : { [type]: {} };
}

/** One answer for each status, which lists the codes that come with it. */
function problems(codes: readonly ErrorCode[]) {
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
