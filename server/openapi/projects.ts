import {
  ChangeProjectSchema,
  CreateProjectSchema,
  ProjectListSchema,
  ProjectViewSchema,
  SecretListSchema,
  SecretRequestSchema,
} from "../../protocol/projects.ts";
import { badBody, foreign, slug, type Operations } from "./operation.ts";

const secret = { ...slug, secret: "The variable that commands find it in: `DEPLOY_TOKEN`." };

export const projectsOperations: Operations = {
  "/v1/projects": {
    get: {
      tag: "Projects",
      summary: "List projects",
      description:
        "Those that the caller's token or session may read; without one, the public ones.",
      answers: { 200: ["By name.", ProjectListSchema] },
      errors: ["token_wrong"],
    },
    post: {
      tag: "Projects",
      summary: "Make a project",
      description:
        "By a token that acts for every project. Repositories at private addresses are refused unless the server's operator allows them. A name is given once, also after its project was removed.",
      body: CreateProjectSchema,
      answers: { 201: ["With its hook's addresses and their secret.", ProjectViewSchema] },
      errors: [...badBody, "token_missing", "token_wrong", "project_exists", "repository_refused"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}": {
    get: {
      tag: "Projects",
      summary: "Read a project",
      description:
        "Anybody may read a public one, without its hooks, watchers, and names of credentials and secrets.",
      parameters: slug,
      query: { hook_secret: "1: with the hook's secret; needs the API token." },
      answers: { 200: ["The project.", ProjectViewSchema] },
      errors: foreign,
      security: "owner",
    },
    patch: {
      tag: "Projects",
      summary: "Change a project",
      description:
        "What is absent stays. Credentials are written, never read back; null removes one.",
      parameters: slug,
      body: ChangeProjectSchema,
      answers: {
        200: ["The project; with its hook's secret where that was renewed.", ProjectViewSchema],
      },
      errors: [...badBody, ...foreign, "repository_refused"],
      security: "owner",
    },
    delete: {
      tag: "Projects",
      summary: "Remove a project",
      description:
        "Its secrets, credentials, hooks and schedules are deleted, its runs canceled, its blocks refused. Its name is not given to another.",
      parameters: slug,
      answers: { 204: ["It is gone."] },
      errors: [...foreign, "project_needed"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/secrets": {
    get: {
      tag: "Projects",
      summary: "List the names of a project's secrets",
      parameters: slug,
      answers: { 200: ["By name.", SecretListSchema] },
      errors: foreign,
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/secrets/{secret}": {
    put: {
      tag: "Projects",
      summary: "Set a secret",
      description:
        "The project's commands get it where their file names it. It is never read back.",
      parameters: secret,
      body: SecretRequestSchema,
      answers: { 204: ["It is set."] },
      errors: [...badBody, ...foreign],
      security: "owner",
    },
    delete: {
      tag: "Projects",
      summary: "Remove a secret",
      parameters: secret,
      answers: { 204: ["It is gone."] },
      errors: [...foreign, "not_found"],
      security: "owner",
    },
  },
};
