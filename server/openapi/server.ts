import { RuntimesAnswerSchema } from "../../protocol/responder.ts";
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
  "/metrics": {
    get: {
      tag: "Server",
      summary: "What an operator watches, for Prometheus",
      description:
        "With `DEFERRED_METRICS_TOKEN` as a bearer token. Where the server has none, programs of its own machine may ask without, as long as its public address is a loopback one.",
      answers: { 200: ["Prometheus' text form.", undefined, "text/plain"] },
      errors: ["token_missing", "token_wrong"],
    },
  },
  "/.well-known/jwks.json": {
    get: {
      tag: "Server",
      summary: "The keys that sign this server's receipts",
      answers: { 200: ["A JWK set."] },
    },
  },
  "/v1/runtimes": {
    get: {
      tag: "Server",
      summary: "Runtimes that the machines of blocks have",
      description:
        "As they were found when a machine last registered; none before the first machine has. Another version may be had where the next machine has it.",
      answers: { 200: ["Names and versions.", RuntimesAnswerSchema] },
    },
  },
  "/openapi.json": {
    get: { tag: "Server", summary: "This document", answers: { 200: ["OpenAPI 3.1."] } },
  },
};
