import type { Operations } from "./operation.ts";

export const serverOperations: Operations = {
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
