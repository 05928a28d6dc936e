import { toJsonSchema } from "@valibot/to-json-schema";
import { ERRORS, type ErrorCode } from "../../protocol/errors.ts";
import type { Operation, Operations, Schema } from "./operation.ts";
import { commandsOperations } from "./commands.ts";
import { hooksOperations } from "./hooks.ts";
import { keysOperations } from "./keys.ts";
import { peopleOperations } from "./people.ts";
import { projectsOperations } from "./projects.ts";
import { respondersOperations } from "./responders.ts";
import { resultsOperations } from "./results.ts";
import { runsOperations } from "./runs.ts";
import { serverOperations } from "./server.ts";

/** Every call there is, by path and method; a test holds it against the routes that are served. */
export const OPERATIONS: Operations = {
  ...runsOperations,
  ...resultsOperations,
  ...projectsOperations,
  ...keysOperations,
  ...hooksOperations,
  ...commandsOperations,
  ...peopleOperations,
  ...respondersOperations,
  ...serverOperations,
};

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
    requestBody: operation.body && {
      required: operation.bodyRequired ?? true,
      content: content(operation.body),
    },
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
