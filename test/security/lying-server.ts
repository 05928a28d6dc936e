import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Answers every call rightly by its schema, with `odd` in each text that is free. */
export async function lyingServer(odd: string, how?: "problem" | "plain" | "broken events") {
  const server = createServer((request, response) => {
    if (how === "problem" || how === "plain") refuseOddly(response, odd, how);
    else answer(request, response, { ...factsFor(odd, url()), odd, url: url(), how });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: url() };
}

function refuseOddly(response: ServerResponse, odd: string, how: "problem" | "plain"): void {
  if (how === "plain") {
    response.writeHead(500, { "content-type": "text/plain" }).end(odd);
    return;
  }
  const problem = { type: "x", status: 422, title: `T${odd}`, code: `C${odd}`, detail: `D${odd}` };
  response.writeHead(422, { "content-type": "application/problem+json" });
  response.end(JSON.stringify(problem));
}

const RUN = "3h3p0r7hjd2q4yb1fmkq0sc8wz";
const AT = "2026-01-01T00:00:00Z";

type Facts = ReturnType<typeof factsFor> & { odd: string; url: string; how: string | undefined };

function answer(request: IncomingMessage, response: ServerResponse, facts: Facts) {
  const path = request.url!.split("?")[0]!;
  const { odd, url } = facts;
  if (path.endsWith("/events")) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const event = (id: number, of: object) =>
      response.write(`id: ${id}\ndata: ${JSON.stringify({ run: RUN, id, at: AT, ...of })}\n\n`);
    const broken = [{ type: "ended", state: odd, reason: odd }];
    const events = facts.how === "broken events" ? broken : facts.events;
    for (const [index, of] of events.entries()) event(index + 1, of);
    response.end();
    return;
  }
  const json = (body: unknown, status = 200) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (path === "/v1/projects") return json({ projects: [facts.project] });
  if (path === "/v1/runs") return json(facts.created, 202);
  if (path.endsWith("/result")) return json(facts.result);
  if (path.endsWith("/artifact")) return response.end("");
  if (path.startsWith("/v1/runs/")) {
    return json(request.method === "DELETE" ? { state: "succeeded" } : facts.view);
  }
  const lists: Record<string, unknown> = {
    runs: request.method === "POST" ? facts.created : { runs: [facts.summary] },
    keys: { keys: [facts.key] },
    secrets: { secrets: [{ name: "TOKEN", set_at: `${odd}${AT}` }] },
    deliveries: {
      deliveries: [facts.delivery],
      refused: [{ provider: "github", code: odd, count: 3, first_at: AT, last_at: AT }],
    },
    "outgoing-hooks": {
      outgoing_hooks: [{ id: odd, url: odd, events: ["run.ended"], created_at: AT }],
    },
    notices: { notices: [facts.notice] },
    wake: { state: "ready" },
    "sign-in-links": { url: `${url}/${odd}`, expires_at: AT },
    "jwks.json": { keys: [{ kid: odd }] },
  };
  const last = path.split("/").at(-1)!;
  if (last in lists) return json(lists[last]);
  if (path.includes("/deliveries/")) return json(facts.delivery);
  return json(facts.project);
}

function factsFor(odd: string, url: string) {
  const reason = { code: odd, message: `R${odd}` };
  const artifact = {
    ...{ name: `n${odd}`, type: odd, size: 0 },
    sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    url: `${url}/artifact`,
  };
  const ending = {
    ...{ state: "failed", reason, exit_code: 1, signal: odd },
    truncated: { stdout: 0, stderr: 0, artifacts: 0 },
    artifacts: [artifact],
    attempt: 2,
    times: { queued: AT, ended: `${AT}${odd}` },
  };
  const urls = {
    ...{ run_url: `${url}/v1/runs/${RUN}`, events_url: `${url}/v1/runs/${RUN}/events` },
    result_url: `${url}/v1/runs/${RUN}/result`,
  };
  const summary = {
    ...{ id: `${RUN}${odd}`, project: odd, state: "running", trigger: odd, title: odd },
    ...{ kind: "command", author: odd, ref: `refs/heads/${odd}`, commit: odd },
    ...{ created_at: AT, started_at: AT, ended_at: null },
    ...{ exit_code: null, ran_s: null, position: 3, run_url: odd, page_url: odd },
  };
  return {
    summary,
    project: {
      ...{ slug: "a/b\x1b\x9b31m\u202e", repository: odd, default_branch: odd, created_at: AT },
      settings: { branches: ["\x1bc\x9b\u202e"], tags: ["\x9b31m"] },
      ...{ credentials: ["deploy_key"], secrets: [odd], hook_secret: odd, page_url: odd },
      hooks: { github: odd, gitlab: odd, generic: odd },
      last_run: summary,
    },
    created: {
      ...{ id: RUN, state: "queued", ...urls },
      stored: { id: "1".repeat(26), result_url: `${url}/${odd}`, ended_at: AT, age_s: 3 },
    },
    view: {
      ...{ id: RUN, state: "failed", runtime: odd, attempt: 2, max_attempts: 3, created_at: AT },
      ...{ last_event: 9, ending, ...urls },
    },
    result: { id: odd, ...ending, stdout: odd, stderr: odd, runtime: odd, receipt: odd },
    key: {
      ...{ kid: odd, algorithm: "EdDSA", label: odd, created_at: `${odd}${AT}` },
      ...{ revoked_at: null, jwk: { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) } },
    },
    delivery: {
      ...{ id: odd, provider: "github", event: odd, delivery_id: odd, received_at: AT },
      ...{ outcome: "ignored", detail: odd, run: null, replay_of: odd },
      ...{ headers: { [odd]: odd }, body: "{}" },
    },
    notice: {
      ...{ id: odd, kind: "mail", target: odd, run: odd, what: odd, created_at: AT },
      ...{ state: "given_up", tries: 2, next_at: null, answer: odd },
    },
    events: [
      { type: "queued" },
      { type: "waking", phase: "requested", since: AT, next: odd },
      { type: "attempt_started", attempt: 1, max_attempts: 3 },
      { type: "step_started", step: 1, kind: "command", name: `N${odd}` },
      { type: "output", stream: "stdout", text: "printed\n" },
      { type: "step_ended", step: 1, exit_code: null, signal: "SIGABRT", ran_s: 1 },
      { type: "retrying", attempt: 2, max_attempts: 3, reason, retry_at: AT },
      { type: "attempt_started", attempt: 2, max_attempts: 3 },
      { type: "ended", ...ending, result_url: urls.result_url },
    ],
  };
}
