import * as v from "valibot";

/** The part of JSON Schema that a page shows. */
export interface Schema {
  $ref?: string | undefined;
  type?: string | string[] | undefined;
  const?: unknown;
  enum?: unknown[] | undefined;
  description?: string | undefined;
  properties?: Record<string, Schema> | undefined;
  required?: string[] | undefined;
  items?: Schema | undefined;
  anyOf?: Schema[] | undefined;
  oneOf?: Schema[] | undefined;
  allOf?: Schema[] | undefined;
  additionalProperties?: boolean | Schema | undefined;
}

const SchemaSchema: v.GenericSchema<Schema> = v.looseObject({
  $ref: v.optional(v.string()),
  type: v.optional(v.union([v.string(), v.array(v.string())])),
  const: v.optional(v.unknown()),
  enum: v.optional(v.array(v.unknown())),
  description: v.optional(v.string()),
  properties: v.optional(
    v.record(
      v.string(),
      v.lazy(() => SchemaSchema),
    ),
  ),
  required: v.optional(v.array(v.string())),
  items: v.optional(v.lazy(() => SchemaSchema)),
  anyOf: v.optional(v.array(v.lazy(() => SchemaSchema))),
  oneOf: v.optional(v.array(v.lazy(() => SchemaSchema))),
  allOf: v.optional(v.array(v.lazy(() => SchemaSchema))),
  additionalProperties: v.optional(v.union([v.boolean(), v.lazy(() => SchemaSchema)])),
});

const ContentSchema = v.record(
  v.string(),
  v.looseObject({ schema: v.optional(SchemaSchema), example: v.optional(v.unknown()) }),
);

const OperationSchema = v.looseObject({
  summary: v.optional(v.string()),
  description: v.optional(v.string()),
  tags: v.optional(v.array(v.string())),
  security: v.optional(v.array(v.unknown())),
  parameters: v.optional(
    v.array(
      v.looseObject({
        name: v.optional(v.string()),
        in: v.optional(v.string()),
        required: v.optional(v.boolean()),
        description: v.optional(v.string()),
        schema: v.optional(SchemaSchema),
        example: v.optional(v.unknown()),
      }),
    ),
  ),
  requestBody: v.optional(v.looseObject({ content: v.optional(ContentSchema) })),
  responses: v.optional(
    v.record(
      v.string(),
      v.looseObject({ description: v.optional(v.string()), content: v.optional(ContentSchema) }),
    ),
  ),
});
export type Operation = v.InferOutput<typeof OperationSchema>;

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

const PathSchema = v.looseObject(v.entriesFromList(METHODS, v.optional(OperationSchema)));

const DocumentSchema = v.looseObject({
  info: v.optional(v.looseObject({ description: v.optional(v.string()) })),
  tags: v.optional(
    v.array(v.looseObject({ name: v.string(), description: v.optional(v.string()) })),
  ),
  paths: v.record(v.string(), PathSchema),
  components: v.optional(
    v.looseObject({ schemas: v.optional(v.record(v.string(), SchemaSchema)) }),
  ),
});
export type OpenApi = v.InferOutput<typeof DocumentSchema>;

/** Validates the parts of an OpenAPI document that a page shows. */
export function parseOpenApi(document: unknown): OpenApi {
  return v.parse(DocumentSchema, document);
}

export interface Call {
  method: string;
  path: string;
  operation: Operation;
}

/** The calls of a document under their first tag, in the order of the document's tags. */
export function callsByTag({ paths, tags = [] }: OpenApi): Map<string, Call[]> {
  const groups = new Map<string, Call[]>(tags.map(({ name }) => [name, []]));
  for (const [path, item] of Object.entries(paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const tag = operation.tags?.[0] ?? "Calls";
      groups.set(tag, [
        ...(groups.get(tag) ?? []),
        { method: method.toUpperCase(), path, operation },
      ]);
    }
  }
  return groups;
}

/** `schema`, or the target of its reference within `document`. */
export function resolved(schema: Schema, document: OpenApi): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return (name && document.components?.schemas?.[name]) || schema;
}

/** A schema's type in a few words: `string`, `"a" | "b"`, `array of RunView`. */
export function typeWords(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split("/").at(-1)!;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) {
    const words = choices.map((choice) => typeWords(choice));
    return [...new Set(words)].join(" | ");
  }
  if (schema.type === "array") {
    return schema.items ? `array of ${typeWords(schema.items)}` : "array";
  }
  return Array.isArray(schema.type) ? schema.type.join(" | ") : (schema.type ?? "anything");
}
