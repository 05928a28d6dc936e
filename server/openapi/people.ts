import {
  BackupSchema,
  NoticeListSchema,
  OutgoingHookListSchema,
  OutgoingHookRequestSchema,
  OutgoingHookSchema,
  SignInLinkSchema,
} from "../../protocol/projects.ts";
import { badBody, type Operations } from "./operation.ts";

const slug = { owner: "The project's owner.", name: "The project's name." };
const foreign = ["token_missing", "token_wrong", "project_not_found"] as const;

/** How people and other systems are told of runs, and how an owner's browser is signed in. */
export const peopleOperations: Operations = {
  "/v1/sign-in-links": {
    post: {
      tag: "Projects",
      summary: "Make a link that signs a browser in",
      description:
        "It works once, within 15 minutes. The browser may then read every project's pages.",
      answers: { 201: ["The link.", SignInLinkSchema] },
      errors: ["token_missing", "token_wrong"],
      security: "owner",
    },
  },
  "/v1/backups": {
    post: {
      tag: "Server",
      summary: "Copy the database into a file of the data folder",
      description: "For `deferred backup`, which takes the copy from there and removes it.",
      answers: { 201: ["The file's name.", BackupSchema] },
      errors: ["token_missing", "token_wrong"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/outgoing-hooks": {
    get: {
      tag: "Projects",
      summary: "List the webhooks that a project sends",
      parameters: slug,
      answers: { 200: ["Oldest first, without their secrets.", OutgoingHookListSchema] },
      errors: [...foreign],
      security: "owner",
    },
    post: {
      tag: "Projects",
      summary: "Have a project's runs told to an address",
      description:
        "Each event is a POST, signed as Standard Webhooks says, and tried again for two days until it is answered with 2xx. Redirects are not followed.",
      parameters: slug,
      body: OutgoingHookRequestSchema,
      answers: {
        201: ["With the secret to check signatures by, in this answer alone.", OutgoingHookSchema],
      },
      errors: [...badBody, ...foreign, "repository_refused"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/outgoing-hooks/{id}": {
    delete: {
      tag: "Projects",
      summary: "Remove a webhook that a project sends",
      description: "What was still to be sent there is given up.",
      parameters: { ...slug, id: "Its id." },
      answers: { 204: ["It is gone."] },
      errors: [...foreign, "not_found"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/notices": {
    get: {
      tag: "Projects",
      summary: "List whom a project's runs were told to",
      description: "Mails, commit statuses and webhooks, newest first, and what became of each.",
      parameters: slug,
      query: { before: "What an answer called `older`: the notices after those." },
      answers: { 200: ["The notices.", NoticeListSchema] },
      errors: [...foreign],
      security: "owner",
    },
  },
};
