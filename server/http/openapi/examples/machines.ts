import { ADA, type CallExamples, IDS } from "./example.ts";

const MACHINE_VIEW = {
  id: IDS.machine,
  state: "ready",
  phase: "ready",
  step: null,
  pool: "shared",
  project: "acme/site",
  compute: "ec2",
  provider_id: "i-0a1b2c3d4e5f67890",
  type: "t4g.small",
  zone: "eu-central-1b",
  market: "spot",
  image: "ami-0123456789abcdef0",
  slots: 2,
  runs: [IDS.run],
  runtimes: [
    { name: "bash", version: "5.2" },
    { name: "python", version: "3.13" },
  ],
  host: { arch: "arm64", os: "Debian GNU/Linux 13", cpus: 2, memory_mb: 1844 },
  sandbox: { name: "bubblewrap", features: ["seccomp"] },
  release: "0.1.0",
  is_older: false,
  since: "2026-03-02T09:13:40.000Z",
  ready_at: "2026-03-02T09:14:02.400Z",
  idle_since: null,
  last_seen_at: "2026-03-02T09:14:08.000Z",
  ended_at: null,
  came: { kind: "run", run: IDS.run },
  went: null,
  hours: 0.4,
  cost: 0.0023,
};

const WAKE = {
  machine: IDS.machine,
  pool: "shared",
  kind: "launch",
  at: "2026-03-02T09:13:40.000Z",
  ready_s: 22.4,
  ended_at: null,
  came: { kind: "run", run: IDS.run },
  went: null,
};

const SETTINGS = { types: ["t4g.small", "t3.small"], market: "spot", budget_hours: 24 };

const ONE = { machine: MACHINE_VIEW, wakes: [WAKE] };
const stopped = (reason: string, says: string) => {
  const went = { reason, says, by: ADA };
  return { machine: { ...MACHINE_VIEW, state: "leaving", went }, wakes: [{ ...WAKE, went }] };
};

const path = { id: IDS.machine };

/** Examples of the calls of machines. */
export const MACHINE_EXAMPLES: CallExamples = {
  "GET /v1/machines": {
    query: { project: "acme/site" },
    answer: {
      machines: [MACHINE_VIEW],
      wakes: [WAKE],
      usual: { p50_s: 21.9, p90_s: 34.2, wakes: 48 },
      budget: { used_hours: 3.2, limit_hours: 24, renews_at: "2026-03-03T00:00:00.000Z" },
      settings: SETTINGS,
    },
  },
  "POST /v1/machines": {
    body: { project: "acme/site", type: "t4g.small", market: "spot" },
    answer: {
      machine: {
        ...MACHINE_VIEW,
        ...{ state: "launching", phase: "requested", provider_id: null, zone: null },
        ...{ runs: [], runtimes: [], host: null, sandbox: null, release: null, ready_at: null },
        came: { kind: "person", by: ADA },
      },
      wakes: [{ ...WAKE, ready_s: null, came: { kind: "person", by: ADA } }],
    },
  },
  "GET /v1/machines/{id}": { path, answer: ONE },
  "POST /v1/machines/{id}/start": { path, answer: ONE },
  "POST /v1/machines/{id}/stop": {
    path,
    answer: stopped("stop_asked", "It was stopped by hand."),
  },
  "POST /v1/machines/{id}/end": {
    path,
    body: { now: true },
    answer: stopped("end_asked", "It was ended by hand."),
  },
  "POST /v1/machines/{id}/assign": {
    path,
    body: { project: "acme/site" },
    answer: { ...ONE, machine: { ...MACHINE_VIEW, pool: "acme/site" } },
  },
  "POST /v1/machines/{id}/default": { path, answer: ONE },
  "PATCH /v1/machine-settings": {
    body: { types: ["t4g.small", "t3.small"], market: "spot", budget_hours: 24 },
    answer: { settings: SETTINGS },
  },
  "PATCH /v1/projects/{owner}/{name}/machine-settings": {
    body: { budget_hours: 8, image: null },
    answer: { settings: { ...SETTINGS, budget_hours: 8 } },
  },
  "GET /v1/runtimes": { answer: { runtimes: MACHINE_VIEW.runtimes } },
};
