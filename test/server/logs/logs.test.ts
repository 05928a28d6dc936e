import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { pagePaths, paths } from "../../../protocol/paths.ts";
import type { ManifestAnswerSchema } from "../../../protocol/responder.ts";
import type { InferOutput } from "valibot";
import { errorFacts } from "../../../server/logs/error-facts.ts";
import { onError } from "../../../server/http/problem.ts";
import { withoutSecrets } from "../../../server/logs/secrets.ts";
import { eventually } from "../../eventually.ts";
import { startPushedProject, type PushedProject } from "../pushed-project.ts";
import { startSystem } from "../system.ts";

type Line = { msg: string } & Record<string, unknown>;

const SECRETS = {
  project: "value-of-a-project-secret",
  github: "ghp_" + "a".repeat(36),
  wrong: "w".repeat(43),
};

/** Everything that gives somebody a right, met while the server does most of what it can do. */
async function busy(project: PushedProject): Promise<string[]> {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const met = [project.ownerToken.trim(), project.project.hook_secret!, ...Object.values(SECRETS)];
  met.push((await readFile(project.folder.secret, "utf8")).trim());
  met.push(project.key.d);

  await project.own("PUT", paths.secret(project.slug, "API_KEY"), { value: SECRETS.project });
  await project.own("PATCH", paths.project(project.slug), { github_token: SECRETS.github });

  // A block: run, left with its token and with another, and executed with a file that is uploaded.
  const block = await project.sign("print(1)");
  met.push(block);
  const created = await project.run("print(1)");
  met.push(created.cancel_token!);
  await project.call("DELETE", paths.run(created.id), undefined, bearer(SECRETS.wrong));
  await project.call("DELETE", paths.run(created.id), undefined, bearer(created.cancel_token!));
  await project.run("print(2)");
  const machine = await project.machine();
  met.push(machine.token, machine.launch.registration_token);
  const held = await machine.claimOne();
  const body = "left\n";
  const sha256 = createHash("sha256").update(body).digest("hex");
  const file = { name: "a.txt", size: body.length, sha256, type: "text/plain; charset=utf-8" };
  const announced = await machine.post(paths.responder.artifacts(held.run), {
    attempt: held.attempt,
    artifacts: [file],
  });
  const { uploads } = (await announced.json()) as InferOutput<typeof ManifestAnswerSchema>;
  const upload = uploads[0]!;
  met.push(new URL(upload.url).searchParams.get("signature")!);
  await project.app.request(`${upload.url}0`, { method: "PUT", body, headers: upload.headers });
  await project.app.request(upload.url, { method: "PUT", body, headers: upload.headers });
  await machine.finish(held, {}, { artifacts: [file] });
  await project.call("POST", paths.responder.claim, {}, bearer(SECRETS.wrong));

  // A push, and one that is signed wrongly.
  const { run } = await project.push({ subject: "One" });
  await project.call("POST", new URL(project.project.hooks!.github).pathname, "{}", {
    "x-hub-signature-256": `sha256=${"0".repeat(64)}`,
  });
  met.push(new URL(project.project.hooks!.github).pathname.split("/").at(-1)!);
  const commands = await project.claim();
  await project.finish(commands);
  const result = await project.call("GET", paths.runResult(run), undefined, project.owner);
  met.push(new URL(result.headers.get("location")!).searchParams.get("signature")!);

  // Signing in, once too often.
  const link = (await project.own("POST", paths.signInLinks)) as { url: string };
  const code = new URL(link.url).pathname.split("/").at(-1)!;
  met.push(code);
  const signedIn = await project.call("GET", pagePaths.signIn(code));
  met.push(/=([\w-]{20,});/.exec(signedIn.headers.get("set-cookie")!)![1]!);
  await project.call("GET", pagePaths.signIn(code));
  return met;
}

test("no secret is in the log of a busy server, however much it logs", async () => {
  const project = await startPushedProject();
  const met = await busy(project);
  const link = (await project.own("POST", paths.signInLinks)) as { url: string };
  const code = new URL(link.url).pathname.split("/").at(-1)!;
  // What fails for a reason of ours is logged with all that is known of it.
  await project.close();
  const failed = await project.call("GET", pagePaths.signIn(code));
  expect(failed.status).toBe(500);

  const log = project.logged.map((line) => JSON.stringify(line));
  expect(log.length).toBeGreaterThan(20);
  expect(log.some((line) => line.includes("request failed"))).toBe(true);
  expect(met.length).toBeGreaterThan(14);
  for (const secret of [...met, code]) {
    expect(secret.length, "what is searched for").toBeGreaterThan(11);
    expect(log.filter((line) => line.includes(secret))).toEqual([]);
  }
});

test("a run's way is in the log, with its attempt and its machine", async () => {
  const system = await startSystem();
  const { id } = await system.run();
  const machine = await system.machine();
  const held = await machine.claimOne();
  await machine.finish(held, { exit_code: 3 });
  const lines = system.logged as Line[];
  const ended = await eventually(async () => lines.find(({ msg }) => msg === "a run has ended"));
  expect(ended).toMatchObject({
    run: id,
    attempt: 1,
    machine: machine.launch.launch_id,
    state: "failed",
    exit_code: 3,
  });
  // And so is what its machine called, as one request each.
  const finish = lines.find(({ route }) => route === "/v1/responder/runs/:run/finish");
  expect(finish).toMatchObject({ run: id, machine: machine.launch.launch_id, status: 200 });
  expect(ended["request"]).toBe(finish!["request"]);
});

test("an answer names its request, as the log does", async () => {
  const system = await startSystem();
  const response = await system.call("GET", "/healthz");
  const id = response.headers.get("x-request-id");
  expect(id).toMatch(/^[0-9a-z]{16}$/);
  const line = (system.logged as Line[]).find(({ request }) => request === id);
  expect(line).toMatchObject({ method: "GET", route: "/healthz", status: 200 });
});

test("a reader of a fault is told nothing but what its operator finds it by", async () => {
  const system = await startSystem();
  await system.close();
  const response = await system.call("GET", paths.run("0123456789abcdef0123456789"));
  const id = response.headers.get("x-request-id")!;
  expect(await response.json()).toEqual({
    type: "/docs#error-internal",
    title: expect.any(String) as string,
    status: 500,
    code: "internal",
    detail: `It is on record as request ${id}.`,
  });
  const line = (system.logged as Line[]).find(({ msg }) => msg === "request failed");
  expect(line).toMatchObject({ request: id, route: "/v1/runs/:id" });
});

test("where the disk takes nothing the route is logged, and no path: hooks and links are secrets", async () => {
  const lines: string[] = [];
  const app = new Hono();
  app.onError(onError(pino({}, { write: (line) => void lines.push(line) })));
  app.post("/v1/hooks/github/:hook", () => {
    throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  });
  const answer = await app.request("/v1/hooks/github/of-a-project", { method: "POST" });
  expect(answer.status).toBe(503);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"route":"/v1/hooks/github/:hook"');
  expect(lines[0]).not.toContain("of-a-project");
});

describe("of an error", () => {
  test("name, message, code and causes are logged, and nothing that hangs on it", () => {
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    const error = Object.assign(new TypeError("no answer", { cause }), {
      request: { headers: { authorization: "Bearer abcdefgh" } },
    });
    expect(errorFacts(error)).toEqual({
      type: "TypeError",
      message: "no answer",
      stack: expect.stringContaining("logs.test.ts") as string,
      cause: {
        type: "Error",
        message: "refused",
        code: "ECONNREFUSED",
        stack: expect.any(String) as string,
      },
    });
  });

  test.each([
    ["sent Authorization: Bearer abcdefgh12", "sent Authorization: Bearer …"],
    [
      "GET https://b.example/x?X-Amz-Signature=ab12&a=1",
      "GET https://b.example/x?X-Amz-Signature=…&a=1",
    ],
    [
      "/private/r/result.json?expires=1&signature=ab-_",
      "/private/r/result.json?expires=1&signature=…",
    ],
    ["connect smtp://user:pa:ss@mail.example:587", "connect smtp://…@mail.example:587"],
    ["GET /sign-in/abc-_1", "GET /sign-in/…"],
    ["block eyJhbGci.eyJpc3M.c2ln", "block eyJ…"],
    ["run 0123 of acme/site took 3 s at 12:30", "run 0123 of acme/site took 3 s at 12:30"],
  ])("%s", (text, shown) => {
    expect(withoutSecrets(text)).toBe(shown);
  });
});
