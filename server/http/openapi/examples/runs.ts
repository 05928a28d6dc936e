import { BLOCK_TOKEN, type CallExamples, IDS, SERVER, SHA256 } from "./example.ts";

const RUN_URLS = {
  run_url: `${SERVER}/v1/runs/${IDS.run}`,
  events_url: `${SERVER}/v1/runs/${IDS.run}/events`,
  result_url: `${SERVER}/results/${IDS.run}/result.json`,
};

const TIMES = {
  queued: "2026-03-02T09:14:07.120Z",
  started: "2026-03-02T09:14:07.310Z",
  ended: "2026-03-02T09:14:07.402Z",
  ran_s: 0.071,
};

const ENDING = {
  state: "succeeded",
  reason: null,
  exit_code: 0,
  signal: null,
  truncated: { stdout: 0, stderr: 0, artifacts: 0 },
  artifacts: [
    {
      name: "plot.svg",
      type: "image/svg+xml",
      size: 2310,
      sha256: SHA256,
      url: `${SERVER}/results/${IDS.run}/1/plot.svg`,
    },
  ],
  attempt: 1,
  times: TIMES,
  cpu_s: 0.058,
  memory_peak_mb: 14,
};

const RUN_VIEW = {
  id: IDS.run,
  state: "succeeded",
  runtime: "python@3.13",
  attempt: 1,
  max_attempts: 3,
  created_at: TIMES.queued,
  last_event: 5,
  ending: ENDING,
  ...RUN_URLS,
};

const STORED = {
  id: IDS.run,
  result_url: RUN_URLS.result_url,
  ended_at: TIMES.ended,
  age_s: 7260,
};

/** Server-sent events, as they are on the wire. */
function eventLines(...events: { id: number; type: string; [field: string]: unknown }[]): string {
  const stamp = { run: IDS.run, at: TIMES.started };
  return events
    .map(({ id, ...body }) => `id: ${id}\ndata: ${JSON.stringify({ ...body, ...stamp, id })}\n\n`)
    .join("");
}

const ATTEMPT = { id: 2, type: "attempt_started", attempt: 1, max_attempts: 3 };
const OUTPUT = { id: 3, type: "output", stream: "stdout", text: "hello 42\n" };

/** Examples of the calls of runs and results. */
export const RUN_EXAMPLES: CallExamples = {
  "POST /v1/runs": {
    body: { block: BLOCK_TOKEN, code: 'print("hello", n * 7)\n', inputs: { n: 6 } },
    answer: { id: IDS.run, state: "queued", ...RUN_URLS, cancel_token: "kq3…Zw" },
  },
  "GET /v1/runs/{id}": { path: { id: IDS.run }, answer: RUN_VIEW },
  "DELETE /v1/runs/{id}": {
    path: { id: IDS.run },
    body: { cancel_token: "kq3…Zw" },
    answer: {
      ...RUN_VIEW,
      state: "canceled",
      ending: {
        ...ENDING,
        state: "canceled",
        reason: { code: "canceled", message: "The run was canceled." },
        exit_code: null,
        artifacts: [],
      },
    },
  },
  "GET /v1/runs/{id}/events": {
    path: { id: IDS.run },
    answer: eventLines({ id: 1, type: "queued" }, ATTEMPT, OUTPUT),
  },
  "GET /v1/events": {
    query: { runs: `${IDS.run}:1` },
    answer: eventLines(ATTEMPT, OUTPUT),
  },
  "POST /v1/wake": { body: { block: BLOCK_TOKEN }, answer: { state: "waking" } },
  "POST /v1/blocks/checks": {
    body: { blocks: [BLOCK_TOKEN, "eyJhbGciOiJFUzI1NiIs…"] },
    answer: {
      checks: [null, { code: "block_expired", detail: "It expired on 2026-02-01T00:00:00Z." }],
    },
  },
  "GET /v1/gists/{user}/{id}": {
    path: { user: "ada", id: "4f2a91c07d3e5b8169f0a2c4d6e8b0f1" },
    query: { file: "hello.py" },
    answer: {
      user: "ada",
      id: "4f2a91c07d3e5b8169f0a2c4d6e8b0f1",
      revision: IDS.commit,
      file: "hello.py",
      language: "python",
      block: BLOCK_TOKEN,
      code: 'print("hello")\n',
    },
  },
  "GET /v1/results": { query: { block: BLOCK_TOKEN }, answer: { results: [STORED] } },
  "GET /v1/runs/{id}/result": { path: { id: IDS.run } },
  "GET /v1/runs/{id}/artifacts/{attempt}/{name}": {
    path: { id: IDS.commandRun, attempt: "1", name: "coverage.txt" },
  },
  "GET /v1/runs/{id}/document": { path: { id: IDS.run } },
  "GET /results/{run}/result.json": {
    path: { run: IDS.run },
    answer: {
      id: IDS.run,
      ...ENDING,
      stdout: "hello 42\n",
      stderr: "",
      runtime: "python@3.13",
      receipt: "eyJhbGciOiJFZERTQSIs…",
    },
  },
  "GET /results/{run}/{attempt}/{name}": {
    path: { run: IDS.run, attempt: "1", name: "plot.svg" },
  },
};
