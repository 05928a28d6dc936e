import { ADA, type CallExamples, IDS, SERVER, SHA256 } from "./example.ts";

const KEY_VIEW = {
  kid: IDS.kid,
  label: "laptop",
  algorithm: "EdDSA",
  created_at: "2026-01-12T08:05:00.000Z",
  added_by: ADA,
  revoked_at: null,
};

const REVOKED = {
  jti: "5b0c2f1e-7d3a-4a9e-8c61-2f90b7d4e3a1",
  revoked_at: "2026-03-02T09:30:00.000Z",
};

const TOKEN_VIEW = {
  id: IDS.token,
  name: "CI",
  project: "acme/site",
  scope: "run",
  created_at: "2026-03-02T09:30:00.000Z",
  expires_at: "2026-05-31T09:30:00.000Z",
  last_used_at: null,
};

const INVITATION = {
  id: "4d8vq1n6k0x3c7t2m9w5h0jgbr",
  project: "acme/site",
  role: "runner",
  invited_by: "ada",
  expires_at: "2026-03-09T09:30:00.000Z",
};

const PUBLIC_JWK = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
};

/** Examples of the calls of keys, tokens, members, users and sessions. */
export const ACCOUNT_EXAMPLES: CallExamples = {
  "GET /v1/projects/{owner}/{name}/jwks.json": {
    answer: { keys: [{ ...PUBLIC_JWK, kid: IDS.kid, alg: "EdDSA", use: "sig" }] },
  },
  "GET /v1/projects/{owner}/{name}/keys": { answer: { keys: [KEY_VIEW] } },
  "POST /v1/projects/{owner}/{name}/keys": {
    body: { jwk: PUBLIC_JWK, label: "laptop" },
    answer: KEY_VIEW,
  },
  "DELETE /v1/projects/{owner}/{name}/keys/{kid}": {
    path: { kid: IDS.kid },
    answer: { ...KEY_VIEW, revoked_at: "2026-03-02T09:30:00.000Z" },
  },
  "GET /v1/projects/{owner}/{name}/revoked-blocks": { answer: { revoked_blocks: [REVOKED] } },
  "POST /v1/projects/{owner}/{name}/revoked-blocks": {
    body: { jti: REVOKED.jti },
    answer: REVOKED,
  },
  "GET /v1/tokens": { query: { project: "acme/site" }, answer: { tokens: [TOKEN_VIEW] } },
  "POST /v1/tokens": {
    body: { project: "acme/site", scope: "run", name: "CI", expires_s: 7_776_000 },
    answer: { ...TOKEN_VIEW, token: "deferred_0c9v…" },
  },
  "DELETE /v1/tokens/{id}": { path: { id: IDS.token } },
  "GET /v1/projects/{owner}/{name}/members": {
    answer: {
      members: [
        {
          user: IDS.user,
          name: "ada",
          email: "ada@acme.example",
          role: "owner",
          since: "2026-01-12T08:00:00.000Z",
        },
      ],
    },
  },
  "PUT /v1/projects/{owner}/{name}/members/{user}": {
    path: { user: IDS.user },
    body: { role: "maintainer" },
  },
  "DELETE /v1/projects/{owner}/{name}/members/{user}": { path: { user: IDS.user } },
  "GET /v1/projects/{owner}/{name}/invitations": { answer: { invitations: [INVITATION] } },
  "POST /v1/projects/{owner}/{name}/invitations": {
    body: { role: "runner", email: "grace@acme.example" },
    answer: { ...INVITATION, url: `${SERVER}/invitations/tR7…`, mailed: true },
  },
  "DELETE /v1/projects/{owner}/{name}/invitations/{id}": { path: { id: INVITATION.id } },
  "GET /v1/whoami": {
    answer: {
      kind: "user",
      id: IDS.user,
      name: "ada",
      email: "ada@acme.example",
      everything: false,
      projects: [{ slug: "acme/site", may: "owner" }],
      expires_at: "2026-05-31T09:30:00.000Z",
    },
  },
  "DELETE /v1/whoami": {},
  "GET /v1/sessions": {
    answer: {
      sessions: [
        {
          id: "1k6tq9v3m0x8c2n5h7w4jb0gdr",
          user: "ada",
          agent: "Firefox on Linux",
          began_at: "2026-02-27T07:58:00.000Z",
          last_used_at: "2026-03-02T09:29:00.000Z",
          expires_at: "2026-03-29T07:58:00.000Z",
        },
      ],
    },
  },
  "DELETE /v1/sessions/{id}": { path: { id: "1k6tq9v3m0x8c2n5h7w4jb0gdr" } },
  "GET /v1/users": {
    answer: {
      users: [
        {
          id: IDS.user,
          name: "ada",
          email: "ada@acme.example",
          owner: false,
          created_at: "2026-01-12T07:55:00.000Z",
          projects: 3,
          last_used_at: "2026-03-02T09:29:00.000Z",
        },
      ],
    },
  },
  "DELETE /v1/users/{id}": { path: { id: IDS.user } },
  "POST /v1/device/code": {
    body: { host: "ada-laptop" },
    answer: {
      device_code: "pG5…",
      user_code: "BCDF-GHJK",
      verification_uri: `${SERVER}/device`,
      verification_uri_complete: `${SERVER}/device?code=BCDF-GHJK`,
      expires_in: 900,
      interval: 5,
    },
  },
  "POST /v1/device/token": {
    body: { device_code: "pG5…" },
    answer: {
      access_token: "deferred_2y5h…",
      token_type: "Bearer",
      id: IDS.token,
      expires_at: "2026-05-31T09:30:00.000Z",
      user: "ada",
    },
  },
  "POST /v1/sign-in-links": {
    answer: { url: `${SERVER}/sign-in/h2K…`, expires_at: "2026-03-02T09:45:00.000Z" },
  },
  "GET /v1/audit": {
    query: { project: "acme/site", action: "/secrets" },
    answer: {
      entries: [
        {
          number: 4711,
          at: "2026-03-02T09:12:40.018Z",
          actor_kind: "user",
          actor: IDS.user,
          actor_name: "ada",
          project: "acme/site",
          action: "PUT /v1/projects/:owner/:name/secrets/:secret",
          path: "/v1/projects/acme/site/secrets/DEPLOY_KEY",
          status: 204,
          location: null,
          detail: null,
        },
      ],
      older: 4711,
    },
  },
  "POST /v1/backups": { answer: { snapshot: `snapshot-${SHA256.slice(0, 16)}.db` } },
};
