import * as projects from "../../protocol/projects.ts";
import { RunCreatedSchema } from "../../protocol/run.ts";
import { badBody, foreign, slug, type Operations } from "./operation.ts";

const page = { limit: "How many at most: 1 to 200; 50 unless given." };

export const commandsOperations: Operations = {
  "/v1/projects/{owner}/{name}/runs": {
    get: {
      tag: "Projects",
      summary: "List a project's runs",
      parameters: slug,
      query: {
        state: "A run's state, or `open` for all that have not ended.",
        commit: "The full name of a commit.",
        before: "Only runs that are older than the one of this id.",
        ...page,
      },
      answers: { 200: ["Newest first.", projects.RunListSchema] },
      errors: ["query_invalid", ...foreign],
      security: "owner",
    },
    post: {
      tag: "Projects",
      summary: "Run a command in a project",
      description:
        "A command of the caller's, what `.deferred-server` says, or one request to the app that the file names. With `Accept: text/plain` the answer is its output and steps as they come, until it has ended, without control sequences other than colours; `?raw=1` leaves them in. A machine that is lost meanwhile is replaced and the command begun again; `retry: never` forbids that.",
      parameters: slug,
      headers: {
        "Idempotency-Key":
          "16 characters or more, kept for 24 hours: a repeated request gives the same run.",
      },
      body: projects.CommandRequestSchema,
      answers: { 202: ["The run is on its way.", RunCreatedSchema] },
      errors: [
        "project_queue_full",
        "queue_full",
        ...badBody,
        ...foreign,
        "header_invalid",
        "idempotency_key_reused",
        "project_without_repository",
      ],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/commits": {
    get: {
      tag: "Projects",
      summary: "List a project's commits",
      description: "Those that were pushed, or that something was run at.",
      parameters: slug,
      query: {
        branch: "Only those seen on it: its name, or any ref in full.",
        before: "Only those below the commit of this full name.",
        ...page,
      },
      answers: { 200: ["Newest first, by commit time.", projects.CommitListSchema] },
      errors: ["query_invalid", ...foreign],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/commits/{sha}": {
    get: {
      tag: "Projects",
      summary: "Read a commit",
      parameters: { ...slug, sha: "Its full name." },
      answers: { 200: ["The commit, with how it fared.", projects.CommitViewSchema] },
      errors: [...foreign, "commit_not_found"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/wake": {
    post: {
      tag: "Projects",
      summary: "Wake a project's machine",
      description: "It stays for as long as it would after a run.",
      parameters: slug,
      answers: { 200: ["How far it is.", projects.PoolAnswerSchema] },
      errors: foreign,
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/sleep": {
    post: {
      tag: "Projects",
      summary: "Send a project's machines away",
      description: "Each finishes what it runs. What waits, or comes later, wakes another.",
      parameters: slug,
      answers: { 200: ["Whether any is left.", projects.PoolAnswerSchema] },
      errors: foreign,
      security: "owner",
    },
  },
};
