import { RESPONDER_PROTOCOL } from "../../../../protocol/responder.ts";
import { type CallExamples, IDS, SERVER, SHA256 } from "./example.ts";

const HELD = [{ run: IDS.run, attempt: 1 }];

const LIMITS = {
  wall_s: 10,
  cpu_s: 10,
  memory_mb: 256,
  processes: 32,
  output_kb: 64,
  artifacts_mb: 8,
  network: false,
};

const ASSIGNMENT = {
  run: IDS.run,
  attempt: 1,
  lease_s: 30,
  work: {
    kind: "block",
    runtime: "python",
    code: 'print("hello", 42)\n',
    inputs: {},
    limits: LIMITS,
  },
};

const PLOT = { name: "plot.svg", type: "image/svg+xml", size: 2310, sha256: SHA256 };
const UPLOADS = {
  uploads: [
    {
      url: `${SERVER}/v1/uploads/results/${IDS.run}/1/plot.svg?expires=1772442847&signature=Jt0…`,
      headers: { "content-type": "image/svg+xml", "content-length": "2310" },
    },
  ],
};
const CACHE = { name: SHA256, size: 1_843_200, sha256: SHA256 };
const COMMIT = {
  sha: IDS.commit,
  message: "Round the totals\n",
  author_name: "Ada Lovelace",
  author_email: "ada@acme.example",
  committed_at: "2026-03-02T09:19:58Z",
};

const path = { run: IDS.run };

/** Examples of the calls that machines make. */
export const RESPONDER_EXAMPLES: CallExamples = {
  "POST /v1/responder/progress": {
    body: {
      launch_id: IDS.machine,
      registration_token: "b1J…",
      phase: "setting_up",
      step: { number: 3, of: 5, name: "Install packages" },
    },
  },
  "POST /v1/responder/register": {
    body: {
      launch_id: IDS.machine,
      registration_token: "b1J…",
      public_key: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      boot_id: "9f1c2d7e-6a40-4c1b-8e53-0d2a7b9c4f10",
      protocol: RESPONDER_PROTOCOL,
      release: "0.1.0",
      proof: "mU4…",
      slots: 2,
      runtimes: [{ name: "python", version: "3.13" }],
      sandbox: { name: "bubblewrap", features: ["seccomp"] },
      host: { arch: "arm64", os: "Debian GNU/Linux 13", cpus: 2, memory_mb: 1844 },
    },
    answer: { responder_id: IDS.machine, token: "eyJ…" },
  },
  "POST /v1/responder/claim": {
    body: { slots: 1, wait_s: 20, holding: { number: 8, claims_from: 8, runs: [] } },
    answer: { runs: [ASSIGNMENT] },
  },
  "POST /v1/responder/renew": {
    body: { runs: HELD, holding: { claims_from: 9, runs: HELD } },
    answer: { lease_s: 30, stop: [], drain: false },
  },
  "POST /v1/responder/leave": { body: { reason: "taken_back" } },
  "POST /v1/responder/runs/{run}/started": { path, body: { attempt: 1 } },
  "POST /v1/responder/runs/{run}/output": {
    path,
    body: { attempt: 1, seq: 1, chunks: [{ stream: "stdout", text: "hello 42\n" }] },
  },
  "POST /v1/responder/runs/{run}/artifacts": {
    path,
    body: { attempt: 1, artifacts: [PLOT] },
    answer: UPLOADS,
  },
  "POST /v1/responder/runs/{run}/finish": {
    path,
    body: {
      attempt: 1,
      outcome: {
        cause: "exited",
        exit_code: 0,
        signal: null,
        ran_s: 0.071,
        truncated: { stdout: 0, stderr: 0, artifacts: 0 },
      },
      artifacts: [PLOT],
      claim: 1,
    },
    answer: { runs: [] },
  },
  "POST /v1/responder/runs/{run}/checkout": {
    path: { run: IDS.commandRun },
    body: { attempt: 1, commits: [COMMIT], ref: "refs/heads/main", default_branch: "main" },
  },
  "POST /v1/responder/runs/{run}/caches": {
    path: { run: IDS.commandRun },
    body: { attempt: 1, names: [SHA256] },
    answer: {
      caches: [
        {
          url: `${SERVER}/private/caches/acme/site/${SHA256}?expires=1772442847&signature=Jt0…`,
          ...{ sha256: SHA256, size: 1_843_200 },
        },
      ],
    },
  },
  "POST /v1/responder/runs/{run}/caches/save": {
    path: { run: IDS.commandRun },
    body: { attempt: 1, caches: [CACHE] },
    answer: UPLOADS,
  },
};
