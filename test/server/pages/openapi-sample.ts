/** An OpenAPI document with one of everything that the API page shows. */
export function openApiSample(): unknown {
  return {
    openapi: "3.1.0",
    info: { title: "Things", version: "1", description: "Things, and what can be done to them." },
    tags: [{ name: "Things", description: "Each thing has a `colour`." }],
    paths: {
      "/v1/things/{id}": {
        get: {
          tags: ["Things"],
          summary: "Reads <one> thing.",
          description: "See `run_not_found`.",
          parameters: [{ name: "id", in: "path", required: true, schema: { type: "string" } }],
          responses: {
            200: {
              description: "The thing.",
              content: {
                "application/json": {
                  schema: { $ref: "#/components/schemas/Thing" },
                  example: { colour: "blue" },
                },
              },
            },
            404: { description: "`run_not_found`" },
          },
        },
        put: {
          tags: ["Things"],
          requestBody: {
            content: {
              "application/json": {
                schema: { $ref: "#/components/schemas/Thing" },
                example: { colour: "red" },
              },
            },
          },
          responses: {},
        },
      },
    },
    components: {
      schemas: {
        Thing: {
          type: "object",
          required: ["colour"],
          properties: {
            colour: {
              enum: ["red", "blue"],
              description: "Which of the two, as [the list](https://example.com/colours) says.",
            },
            parts: { type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } },
          },
        },
      },
    },
  };
}
