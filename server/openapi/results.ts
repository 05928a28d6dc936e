import { ResultSchema } from "../../protocol/run.ts";
import type { Operations } from "./operation.ts";

const attempt = { run: "The run's id." };

export const resultsOperations: Operations = {
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
  "/private/{key}": {
    get: {
      tag: "Results",
      summary: "Read a file of a project's own run",
      description: "Its address comes signed, for some minutes.",
      parameters: { key: "Where it is stored." },
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
      errors: ["upload_refused", "overloaded"],
    },
  },
};
