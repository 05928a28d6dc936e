import { ADA, type CallExamples, IDS } from "./example.ts";

const DELIVERY_ID = "6q3hn8v1k5x0c9t4m2w7jb0gdr";

const DELIVERY = {
  id: DELIVERY_ID,
  provider: "github",
  event: "push",
  delivery_id: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
  received_at: "2026-03-02T09:20:30.880Z",
  outcome: "run",
  detail: "A push to main.",
  run: IDS.commandRun,
  replay_of: null,
  replayed_by: null,
};

const REPLAY = {
  ...DELIVERY,
  id: "0m7kq2v9x4c1t6n3h8w5jb0gds",
  delivery_id: null,
  replay_of: DELIVERY_ID,
  replayed_by: ADA,
};

const HOOK_ANSWER = {
  delivery: DELIVERY_ID,
  outcome: "run",
  detail: "A push to main.",
  run: IDS.commandRun,
};

/** Examples of the calls of webhooks. Hooks have no request: their senders sign it. */
export const WEBHOOK_EXAMPLES: CallExamples = {
  "GET /v1/projects/{owner}/{name}/deliveries": {
    query: { limit: "20" },
    answer: {
      deliveries: [DELIVERY],
      refused: [
        {
          provider: "github",
          code: "hook_signature_wrong",
          count: 2,
          first_at: "2026-03-01T22:10:00.000Z",
          last_at: "2026-03-01T22:10:05.000Z",
        },
      ],
    },
  },
  "GET /v1/projects/{owner}/{name}/deliveries/{id}": {
    path: { id: DELIVERY_ID },
    answer: {
      ...DELIVERY,
      headers: { "content-type": "application/json", "x-github-event": "push" },
      body: `{"ref":"refs/heads/main","after":"${IDS.commit}"}`,
    },
  },
  "POST /v1/projects/{owner}/{name}/deliveries/{id}/replay": {
    path: { id: DELIVERY_ID },
    answer: REPLAY,
  },
  "POST /v1/projects/{owner}/{name}/deliveries/{id}/approve": {
    path: { id: DELIVERY_ID },
    answer: { ...REPLAY, event: "pull_request", detail: "Approved: a pull request of grace." },
  },
  "POST /v1/hooks/github/{hook}": { answer: HOOK_ANSWER },
  "POST /v1/hooks/gitlab/{hook}": { answer: HOOK_ANSWER },
  "POST /v1/hooks/generic/{hook}": { answer: HOOK_ANSWER },
};
