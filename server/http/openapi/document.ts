import type { Hono } from "hono";
import { generateSpecs } from "hono-openapi";
import { ERRORS } from "../../../protocol/errors.ts";
import type { RouteDescription } from "./describe.ts";
import { type Paths, withExamples } from "./with-examples.ts";

/** In the order of the document. */
const TAGS: RouteDescription["tag"][] = [
  "Runs",
  "Results",
  "Blocks",
  "Projects",
  "Webhooks",
  "Machines",
  "Responders",
  "Server",
];

const bearer = (description: string) => ({ type: "http" as const, scheme: "bearer", description });

/** The OpenAPI 3.1 document of all routes that are described. */
export async function openApiDocument(
  app: Hono,
  { url, version }: { url: string; version: string },
) {
  const document = await generateSpecs(app, {
    excludeStaticFile: false,
    documentation: {
      info: {
        title: "Deferred Runner",
        version,
        description:
          "Signed code blocks on static pages, run on machines that exist only while somebody runs something.",
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url }],
      tags: TAGS.map((name) => ({ name })),
      components: {
        securitySchemes: {
          owner: bearer(
            "An API token: the owner's, or one of a project with the scope that the call takes.",
          ),
          responder: bearer("The token a machine registered for."),
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
    },
  });
  return { ...document, paths: withExamples(byTag(document.paths)) };
}

function byTag(paths: Paths): Paths {
  const place = ([, item]: [string, Paths[string]]) => {
    const [first] = Object.values(item ?? {}) as { tags?: RouteDescription["tag"][] }[];
    return TAGS.findIndex((tag) => first?.tags?.includes(tag));
  };
  return Object.fromEntries(Object.entries(paths).toSorted((a, b) => place(a) - place(b)));
}
