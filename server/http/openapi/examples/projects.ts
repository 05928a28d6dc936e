import { ADA, type CallExamples, IDS, SERVER } from "./example.ts";

const SUMMARY = {
  id: IDS.commandRun,
  project: "acme/site",
  kind: "command",
  state: "failed",
  trigger: "push",
  started_by: { kind: "webhook", id: "webhook", name: "github" },
  canceled_by: null,
  title: "Round the totals",
  ref: "refs/heads/main",
  commit: IDS.commit,
  author: "Ada Lovelace",
  created_at: "2026-03-02T09:20:31.004Z",
  started_at: "2026-03-02T09:20:52.730Z",
  ended_at: "2026-03-02T09:22:10.115Z",
  exit_code: 1,
  ran_s: 77.3,
  run_url: `${SERVER}/v1/runs/${IDS.commandRun}`,
  page_url: `${SERVER}/projects/acme/site/runs/${IDS.commandRun}`,
};

const PROJECT_VIEW = {
  slug: "acme/site",
  repository: "https://github.com/acme/site.git",
  default_branch: "main",
  settings: {
    public: false,
    branches: ["main", "release/*"],
    tags: ["*"],
    pull_requests: true,
    approve_strangers: true,
    cancel_outdated: false,
    submodules: false,
    lfs: false,
    network: true,
    block_network: "none",
    server_key: false,
    forge: null,
    watchers: ["team@acme.example"],
    mail_author: true,
  },
  created_at: "2026-01-12T08:00:00.000Z",
  credentials: ["repository_token"],
  secrets: ["DEPLOY_KEY"],
  hooks: {
    github: `${SERVER}/v1/hooks/github/8c1vtq4n7xk2m9d0h5wz3b6jfa`,
    gitlab: `${SERVER}/v1/hooks/gitlab/8c1vtq4n7xk2m9d0h5wz3b6jfa`,
    generic: `${SERVER}/v1/hooks/generic/8c1vtq4n7xk2m9d0h5wz3b6jfa`,
  },
  last_run: SUMMARY,
  page_url: `${SERVER}/projects/acme/site`,
};

const COMMIT_VIEW = {
  sha: IDS.commit,
  message: "Round the totals\n\nTo cents, as the invoice does.\n",
  author_name: "Ada Lovelace",
  author_email: "ada@acme.example",
  committed_at: "2026-03-02T09:19:58Z",
  ref: "refs/heads/main",
  refs: ["refs/heads/main"],
  state: "failed",
  runs: 2,
  page_url: `${SERVER}/projects/acme/site/commits/${IDS.commit}`,
};

/** Examples of the calls of projects: their runs, settings and secrets. */
export const PROJECT_EXAMPLES: CallExamples = {
  "POST /v1/projects/{owner}/{name}/runs": {
    body: {
      revision: { of: "ref", ref: "release/2" },
      task: { do: "exec", command: "npm ci && npm test" },
      wall_s: 900,
    },
    answer: {
      id: IDS.commandRun,
      state: "queued",
      run_url: `${SERVER}/v1/runs/${IDS.commandRun}`,
      events_url: `${SERVER}/v1/runs/${IDS.commandRun}/events`,
      result_url: `${SERVER}/v1/runs/${IDS.commandRun}/result`,
    },
  },
  "POST /v1/projects/{owner}/{name}/runs/{id}/again": {
    path: { id: IDS.commandRun },
    body: { failed: true },
    answer: {
      id: IDS.run,
      state: "queued",
      run_url: `${SERVER}/v1/runs/${IDS.run}`,
      events_url: `${SERVER}/v1/runs/${IDS.run}/events`,
      result_url: `${SERVER}/v1/runs/${IDS.run}/result`,
    },
  },
  "GET /v1/projects/{owner}/{name}/runs": {
    query: { q: "branch:main state:failed" },
    answer: { runs: [SUMMARY] },
  },
  "GET /v1/projects/{owner}/{name}/commits": {
    query: { branch: "main" },
    answer: { commits: [COMMIT_VIEW] },
  },
  "GET /v1/projects/{owner}/{name}/commits/{sha}": {
    path: { sha: IDS.commit },
    answer: COMMIT_VIEW,
  },
  "POST /v1/projects/{owner}/{name}/wake": { answer: { state: "waking" } },
  "POST /v1/projects/{owner}/{name}/sleep": { answer: { state: "leaving" } },
  "GET /v1/projects": { answer: { projects: [PROJECT_VIEW] } },
  "POST /v1/projects": {
    body: { slug: "acme/site", repository: "https://github.com/acme/site.git" },
    answer: {
      ...PROJECT_VIEW,
      default_branch: null,
      credentials: [],
      secrets: [],
      hook_secret: "whsec_3Hc…",
      last_run: null,
    },
  },
  "GET /v1/projects/{owner}/{name}": { answer: PROJECT_VIEW },
  "PATCH /v1/projects/{owner}/{name}": {
    body: { settings: { pull_requests: true, branches: ["main", "release/*"] } },
    answer: PROJECT_VIEW,
  },
  "DELETE /v1/projects/{owner}/{name}": {},
  "GET /v1/projects/{owner}/{name}/secrets": {
    answer: {
      secrets: [{ name: "DEPLOY_KEY", set_at: "2026-02-11T16:40:09.310Z", set_by: ADA }],
    },
  },
  "PUT /v1/projects/{owner}/{name}/secrets/{secret}": {
    path: { secret: "DEPLOY_KEY" },
    body: { value: "correct horse battery staple" },
  },
  "DELETE /v1/projects/{owner}/{name}/secrets/{secret}": { path: { secret: "DEPLOY_KEY" } },
  "GET /v1/removed-projects": {
    answer: {
      projects: [
        {
          slug: "acme/old-site",
          removed_at: "2026-03-01T10:00:00.000Z",
          restorable_until: "2026-03-08T10:00:00.000Z",
        },
      ],
    },
  },
  "POST /v1/removed-projects/{owner}/{name}/restore": {},
  "GET /v1/projects/{owner}/{name}/outgoing-hooks": {
    answer: {
      outgoing_hooks: [
        {
          id: "5x0rg2w8t1c6k9m3v7h4qb0ndj",
          url: "https://chat.acme.example/hooks/ci",
          events: ["run.ended"],
          created_at: "2026-02-03T11:00:00.000Z",
        },
      ],
    },
  },
  "POST /v1/projects/{owner}/{name}/outgoing-hooks": {
    body: { url: "https://chat.acme.example/hooks/ci", events: ["run.ended"] },
    answer: {
      id: "5x0rg2w8t1c6k9m3v7h4qb0ndj",
      url: "https://chat.acme.example/hooks/ci",
      events: ["run.ended"],
      created_at: "2026-03-02T09:30:00.000Z",
      secret: "whsec_9Kd…",
    },
  },
  "DELETE /v1/projects/{owner}/{name}/outgoing-hooks/{id}": {
    path: { id: "5x0rg2w8t1c6k9m3v7h4qb0ndj" },
  },
  "GET /v1/projects/{owner}/{name}/notices": {
    answer: {
      notices: [
        {
          id: "7b3nq9k0x5c2v8t1m4w6h0jgdr",
          kind: "mail",
          target: "ada@acme.example",
          run: IDS.commandRun,
          what: "failure",
          created_at: "2026-03-02T09:22:10.115Z",
          state: "sent",
          tries: 1,
          next_at: null,
          answer: "250 Accepted",
        },
      ],
    },
  },
};
