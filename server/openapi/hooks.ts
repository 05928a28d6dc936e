import {
  DeliveryListSchema,
  DeliverySchema,
  DeliveryViewSchema,
  HookAnswerSchema,
} from "../../protocol/projects.ts";
import { foreign, slug, type Operation, type Operations } from "./operation.ts";

const delivery = { ...slug, id: "The delivery's id here: 26 characters." };

/** Bodies are of the provider's own form, and read only after their signature. */
function incoming(
  summary: string,
  description: string,
  headers: Record<string, string>,
): Operation {
  return {
    tag: "Webhooks",
    summary,
    description,
    parameters: { hook: "The project's hook: see its `hooks`." },
    headers,
    answers: {
      202: ["It is stored, together with its run where it made one.", HookAnswerSchema],
    },
    errors: [
      "rate_limited",
      "hook_not_found",
      "hook_signature_missing",
      "hook_signature_wrong",
      "body_too_large",
      "body_not_json",
    ],
  };
}

const signed = {
  "webhook-id": "The same when it is sent again.",
  "webhook-timestamp": "Seconds since 1970, at most 5 minutes from now.",
  "webhook-signature": "`v1,` and the base64 of the HMAC-SHA-256.",
};

export const hooksOperations: Operations = {
  "/v1/hooks/github/{hook}": {
    post: incoming(
      "Receive a webhook of GitHub",
      "The events `push`, `pull_request` and `ping`, as JSON or as a form; all others are stored and ignored.",
      {
        "X-Hub-Signature-256": "GitHub's signature, with the project's hook secret.",
        "X-GitHub-Event": "What it is about.",
        "X-GitHub-Delivery": "GitHub's id of the delivery: the same when it is sent again.",
      },
    ),
  },
  "/v1/hooks/gitlab/{hook}": {
    post: incoming(
      "Receive a webhook of GitLab",
      "Pushes of branches and tags, and merge requests. The project's hook secret is GitLab's signing token, or its secret token.",
      { "X-Gitlab-Token": "The hook secret, where it is not signed.", ...signed },
    ),
  },
  "/v1/hooks/generic/{hook}": {
    post: incoming(
      "Receive a webhook of a program of one's own",
      'Signed by [Standard Webhooks](https://www.standardwebhooks.com). The body is `{"type": "push", "timestamp": "…", "data": {"ref": "main", "commit": "…", "title": "…"}}`, where `commit` and `title` may be absent. Without a commit, the branch’s tip of then is run each time that a message comes under an id of its own.',
      signed,
    ),
  },
  "/v1/projects/{owner}/{name}/deliveries": {
    get: {
      tag: "Webhooks",
      summary: "List a project's deliveries",
      parameters: slug,
      query: {
        limit: "200 at most; 50 unless given.",
        before: "A delivery's id: those before it.",
      },
      answers: { 200: ["Newest first, without bodies.", DeliveryListSchema] },
      errors: [...foreign, "query_invalid", "delivery_not_found"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/deliveries/{id}": {
    get: {
      tag: "Webhooks",
      summary: "Read a delivery",
      parameters: delivery,
      answers: { 200: ["With its headers and its body as it came.", DeliveryViewSchema] },
      errors: [...foreign, "delivery_not_found"],
      security: "owner",
    },
  },
  "/v1/projects/{owner}/{name}/deliveries/{id}/replay": {
    post: {
      tag: "Webhooks",
      summary: "Do again what a delivery asked for",
      description: "By the project's rules of now; a run of its own, also within the hour.",
      parameters: delivery,
      answers: { 202: ["The new delivery, with its run.", DeliverySchema] },
      errors: [
        ...foreign,
        "delivery_not_found",
        "delivery_not_replayable",
        "project_queue_full",
        "queue_full",
      ],
      security: "owner",
    },
  },
};
