import { array, looseObject, object, string } from "valibot";
import {
  KeyRequestSchema,
  KeyViewSchema,
  RevokedBlockSchema,
  RevokeRequestSchema,
} from "../../protocol/requests.ts";
import { badBody, foreign, slug, type Operations } from "./operation.ts";

export const keysOperations: Operations = {
  "/v1/projects/{owner}/{name}/jwks.json": {
    get: {
      tag: "Projects",
      summary: "Read the keys that may sign for a project",
      description:
        "For anybody who wants to verify a page's block. Keys that were revoked are not among them.",
      parameters: slug,
      answers: { 200: ["A JWK set.", object({ keys: array(looseObject({ kid: string() })) })] },
      errors: ["project_not_found"],
    },
  },
  "/v1/projects/{owner}/{name}/keys": {
    get: {
      tag: "Projects",
      summary: "List a project's keys",
      parameters: slug,
      answers: { 200: ["Its keys, oldest first.", object({ keys: array(KeyViewSchema) })] },
      errors: foreign,
      security: "owner",
    },
    post: {
      tag: "Projects",
      summary: "Register a public key",
      parameters: slug,
      body: KeyRequestSchema,
      answers: { 201: ["Blocks that it signs are run from now on.", KeyViewSchema] },
      errors: [...badBody, ...foreign, "key_exists", "key_unusable"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/revoked-blocks": {
    get: {
      tag: "Projects",
      summary: "List the blocks that were revoked",
      parameters: slug,
      answers: {
        200: ["Oldest first.", object({ revoked_blocks: array(RevokedBlockSchema) })],
      },
      errors: foreign,
      security: "owner",
    },
    post: {
      tag: "Projects",
      summary: "Revoke one block",
      parameters: slug,
      body: RevokeRequestSchema,
      answers: { 201: ["The block is refused from now on.", RevokedBlockSchema] },
      errors: [...badBody, ...foreign],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/keys/{kid}": {
    delete: {
      tag: "Projects",
      summary: "Revoke a key",
      parameters: { ...slug, kid: "Its RFC 7638 thumbprint." },
      answers: { 200: ["Blocks that it signed are refused from now on.", KeyViewSchema] },
      errors: [...foreign, "key_not_found"],
      security: "owner",
    },
  },
};
