import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMAND_LINE, COMPILED } from "../compiled.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { needs } from "../needs.ts";
import { startProjectSystem } from "../systems/project.ts";

type System = Awaited<ReturnType<typeof startProjectSystem>>;
let system: System;

beforeAll(async () => {
  system = await startProjectSystem();
});
afterAll(() => system.clear());

const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await system.deferred([...args, "--json"]);
  expect(stderr, args.join(" ")).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

describe("projects", () => {
  test("create prints where webhooks go and with which secret, and what to do next", async () => {
    const { code, stdout, stderr } = await system.deferred([
      ...["projects", "create", "acme/site", "--repo", "https://git.example/site.git"],
      ...["--branches", "main,release/*", "--watch", "ops@acme.example", "--pull-requests"],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^project +acme\/site\nrepository +https:\/\/git\.example\/site\.git\n/);
    expect(stdout).toMatch(
      new RegExp(`^GitHub hook +${system.url}/v1/hooks/github/\\w{20,}$`, "m"),
    );
    expect(stdout).toMatch(/^hook secret +whsec_\S{40,}$/m);
    expect(stdout).toMatch(/^try +deferred exec --project acme\/site -- ls$/m);

    const { settings, hook_secret } = await json("projects", "show", "acme/site");
    expect(hook_secret).toBeUndefined();
    expect(settings).toMatchObject({
      public: false,
      branches: ["main", "release/*"],
      watchers: ["ops@acme.example"],
      pull_requests: true,
    });
    const shown = await json("projects", "show", "acme/site", "--hook-secret");
    expect(stdout).toContain(shown.hook_secret);
  });

  test("set changes what it names and leaves the rest; a negated option is the opposite", async () => {
    await json("projects", "create", "acme/wiki", "--repo", "https://git.example/wiki.git");
    const changed = await json("projects", "set", "acme/wiki", "--public", "--no-network");
    expect(changed.settings).toMatchObject({ public: true, network: false, branches: ["*"] });
    const again = await json("projects", "set", "acme/wiki", "--no-public");
    expect(again.settings).toMatchObject({ public: false, network: false });
    expect(again.repository).toBe("https://git.example/wiki.git");

    const nothing = await system.deferred(["projects", "set", "acme/wiki"]);
    expect(nothing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("something to change"),
    });
    const odd = await system.deferred(["projects", "set", "acme/wiki", "--no-json"]);
    expect(odd).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("unknown option '--no-json'"),
    });
  });

  test("what the server refuses is told with its code, and exits with 65", async () => {
    await json("projects", "create", "acme/once");
    const { code, stdout, stderr } = await system.deferred(["projects", "create", "acme/once"]);
    expect({ code, stdout }).toEqual({ code: 65, stdout: "" });
    expect(stderr).toMatch(
      /^error: There is or was a project of this name.*\n {2}code: project_exists/s,
    );
  });

  test("remove asks, and can be undone", async () => {
    await json("projects", "create", "acme/gone");
    const asked = await system.deferred(["projects", "remove", "acme/gone"]);
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining("hint: add --yes") });
    const done = await system.deferred(["projects", "remove", "acme/gone", "--yes"]);
    expect(done).toMatchObject({ code: 0, stdout: "removed acme/gone\n" });
    const { projects } = await json("projects", "list");
    expect(projects.map(({ slug }: { slug: string }) => slug)).not.toContain("acme/gone");
    const removed = await json("projects", "restore");
    expect(removed.projects).toMatchObject([{ slug: "acme/gone" }]);
    const back = await system.deferred(["projects", "restore", "acme/gone"]);
    expect(back).toMatchObject({ code: 0, stdout: "restored acme/gone\n" });
  });
});

describe("secrets", () => {
  const secrets = (...args: string[]) => [
    ...["projects", "secrets", ...args],
    ...["--project", "local/demo"],
  ];

  test("come from standard input or a file, and are listed by name alone", async () => {
    const file = join(system.data, "key.pem");
    await writeFile(file, "line one\nline two\n");
    const piped = await system.deferred(secrets("set", "API_TOKEN"), { stdin: "hunter2hunter2\n" });
    expect(piped).toMatchObject({ code: 0, stdout: "set API_TOKEN of local/demo\n" });
    expect((await system.deferred(secrets("set", "KEY", "--file", file))).code).toBe(0);
    const { stdout } = await system.deferred(secrets("list"));
    expect(stdout).toMatch(/^NAME +SET\nAPI_TOKEN +\d{4}-\d\d-\d\d\nKEY +\d{4}/);
    expect(stdout).not.toContain("hunter2");
    await system.deferred(secrets("remove", "KEY"));
    const left = (await json(...secrets("list"))).secrets;
    expect(left.map(({ name }: { name: string }) => name)).toEqual(["API_TOKEN"]);
  });

  test("are refused on the command line, where others could read them", async () => {
    const { code, stderr } = await system.deferred(secrets("set", "API_TOKEN", "hunter2"));
    expect(code).toBe(2);
    expect(stderr).toContain("is not written on the command line");
    const name = await system.deferred(secrets("set", "api-token"), { stdin: "x" });
    expect(name).toMatchObject({ code: 2, stderr: expect.stringContaining("capital letters") });
    const hiding = await system.deferred(secrets("set", "DEFERRED_RUN"), { stdin: "x" });
    const said = expect.stringContaining("has a variable DEFERRED_RUN of its own");
    expect(hiding).toMatchObject({ code: 2, stderr: said });
  });

  test(
    "are asked for at a terminal without being shown",
    needs(process.platform === "linux" && existsSync("/usr/bin/script"), "the program script"),
    async () => {
      const { spawn } = await import("node:child_process");
      const command = `'${process.execPath}' '${COMMAND_LINE}' projects secrets set TYPED --project local/demo`;
      const child = spawn("script", ["-qec", command, "/dev/null"], {
        env: { PATH: process.env["PATH"], ...COMPILED, ...system.env },
        stdio: ["pipe", "pipe", "inherit"],
      });
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
      await eventually(async () => said.includes("Value of TYPED:") || undefined);
      child.stdin.write("s3cret-as-typed\r");
      await once(child, "close");
      expect(said).toContain("set TYPED of local/demo");
      expect(said).not.toContain("s3cret");
    },
  );
});

test("outgoing hooks are added, listed and removed; the secret is shown once", async () => {
  const made = await json("projects", "hooks", "add", "https://127.0.0.1:9/hook");
  expect(made).toMatchObject({ events: ["run.ended"], secret: expect.stringMatching(/^whsec_/) });
  const { stdout } = await system.deferred(["projects", "hooks"]);
  expect(stdout).toMatch(
    /^HOOK +EVENTS +SENDS TO\n\w+ +run\.ended +https:\/\/127\.0\.0\.1:9\/hook\n$/,
  );
  expect((await system.deferred(["projects", "hooks", "remove", made.id])).code).toBe(0);
  expect((await json("projects", "hooks", "list")).outgoing_hooks).toEqual([]);
});

test("deliveries are listed, shown whole and replayed", async () => {
  const repository = await system.project("acme/pushed");
  const commit = await repository.commit({ ".deferred-server": "echo pushed\n" });
  const { hooks, hook_secret } = await json("projects", "show", "acme/pushed", "--hook-secret");
  const body = JSON.stringify({
    type: "push",
    data: { ref: "refs/heads/main", commit },
  });
  const { Webhook } = await import("standardwebhooks");
  const at = new Date();
  const answer = await fetch(hooks.generic, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(hook_secret).sign("msg_1", at, body),
    },
  });
  expect(answer.status).toBe(202);
  const { delivery, run } = (await answer.json()) as { delivery: string; run: string };

  const list = await system.deferred(["projects", "deliveries", "--project", "acme/pushed"]);
  expect(list.stdout).toMatch(new RegExp(`^${delivery} .* generic +push +run +${run}$`, "m"));
  const show = ["projects", "deliveries", "show", delivery, "--project", "acme/pushed"];
  expect((await system.deferred(show)).stdout).toContain(`\n${body}\n`);
  const replay = await json(
    "projects",
    "deliveries",
    "replay",
    delivery,
    "--project",
    "acme/pushed",
  );
  expect(replay).toMatchObject({ replay_of: delivery, outcome: "run" });

  const logs = await system.deferred(["logs", "-f", replay.run]);
  expect(logs).toMatchObject({ code: 0, stdout: "pushed\n" });
  expect(logs.stderr).toMatch(/^note: \$ echo pushed$/m);
  const all = await json("ps", "--all", "--project", "acme/pushed");
  expect(all.runs.map(({ id }: { id: string }) => id)).toEqual([replay.run, run]);
});

test("wake and sleep come back once it is so", async () => {
  await system.project("acme/nap");
  const woken = await system.deferred(["wake", "--project", "acme/nap", "--wait"]);
  expect(woken).toEqual({ code: 0, stdout: "acme/nap: a machine is awake\n", stderr: "" });
  const asleep = await json("sleep", "--project", "acme/nap", "--wait");
  expect(asleep).toEqual({ state: "asleep" });
});

test("sign-in prints a link that works once", async () => {
  const { url } = await json("sign-in");
  const first = await fetch(url, { redirect: "manual" });
  expect(first.status).toBe(303);
  expect(first.headers.get("set-cookie")).toContain("HttpOnly");
  expect((await fetch(url, { redirect: "manual" })).status).toBe(403);
});

test("a project's token is printed once, does what its scope says, and is revoked", async () => {
  await system.project("acme/team");
  const options = ["--project", "acme/team", "--scope", "read", "--name", "Bob's laptop"];
  const made = await system.deferred(["tokens", "new", ...options, "--expires", "7d"]);
  expect(made.code).toBe(0);
  const token = made.stdout.trim();
  expect(made.stdout).toMatch(/^deferred_[\w-]{43}\n$/);
  const [, id = ""] = /tokens revoke (\w+)$/m.exec(made.stderr)!;

  const env = { DEFERRED_DATA: "/nonexistent", DEFERRED_TOKEN: token };
  const projects = await system.deferred(["projects", "list", "--json"], { env });
  expect(JSON.parse(projects.stdout).projects).toMatchObject([{ slug: "acme/team" }]);
  const refused = await system.deferred(["wake", "--project", "acme/team"], { env });
  expect(refused).toMatchObject({ code: 65, stderr: expect.stringContaining("token_scope_low") });

  const { stdout } = await system.deferred(["tokens", "list"]);
  expect(stdout).toMatch(
    new RegExp(`^${id} +acme/team +read +\\S{10} +\\S{10} +.*(now|ago) +Bob's laptop$`, "m"),
  );
  const others = await system.deferred(["tokens", "list", "--project", "local/demo", "--json"]);
  expect(JSON.parse(others.stdout)).toEqual({ tokens: [] });
  expect((await system.deferred(["tokens", "revoke", id, "--yes"])).stdout).toBe(`revoked ${id}\n`);
  const audited = await json("audit", "--actor", "owner", "--limit", "1");
  expect(audited.entries).toMatchObject([{ path: `/v1/tokens/${id}`, status: 204 }]);
  const after = await system.deferred(["projects", "list"], { env });
  expect(after).toMatchObject({ code: 65, stderr: expect.stringContaining("token_wrong") });
});

test("an API token in the environment does without the data folder, and goes over https alone", async () => {
  const token = await promisify(execFile)("cat", [join(system.data, "owner-token")]);
  const env = { DEFERRED_DATA: "/nonexistent", DEFERRED_TOKEN: token.stdout };
  expect((await system.deferred(["projects", "list"], { env })).stdout).toContain("local/demo");
  const wrong = { ...env, DEFERRED_TOKEN: "no-token" };
  const refused = await system.deferred(["projects", "list"], { env: wrong });
  expect(refused).toMatchObject({ code: 65, stderr: expect.stringContaining("code: token_wrong") });
  const broken = { ...env, DEFERRED_TOKEN: "no\ntoken" };
  const unsent = await system.deferred(["projects", "list"], { env: broken });
  expect(unsent).toMatchObject({ code: 1, stderr: expect.stringContaining("no API token has") });
  const plain = { ...env, DEFERRED_URL: "http://runner.example" };
  const kept = await system.deferred(["projects", "list"], { env: plain });
  expect(kept).toMatchObject({ code: 1, stderr: expect.stringContaining("it is not https") });
  const nobody = { ...env, DEFERRED_URL: `http://127.0.0.1:${await freePort()}` };
  expect((await system.deferred(["ps"], { env: nobody })).code).toBe(69);
});

test("a login gets a token by a code that is approved in a browser, and logout ends it", async () => {
  const env = { DEFERRED_DATA: "/nonexistent", XDG_CONFIG_HOME: join(system.data, "config") };
  const child = execFile(process.execPath, [COMMAND_LINE, "login", system.url], {
    env: { ...process.env, ...env },
  });
  const ended = once(child, "exit");
  let told = "";
  child.stderr?.on("data", (piece: string) => (told += piece));
  const code = await eventually(async () => /code (\S{4}-\S{4})/.exec(told)?.[1]);
  const { url } = JSON.parse((await system.deferred(["sign-in", "--json"])).stdout);
  const signedIn = await fetch(url, { redirect: "manual" });
  const cookie = signedIn.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const approved = await fetch(`${system.url}/device`, {
    method: "POST",
    headers: { cookie, origin: system.url },
    body: new URLSearchParams({ user_code: code, decision: "approve" }),
  });
  expect([approved.status, await approved.text()]).toEqual([
    200,
    expect.stringContaining("Logged in."),
  ]);
  expect(await ended).toEqual([0, null]);
  const who = JSON.parse((await system.deferred(["whoami", "--json"], { env })).stdout);
  expect(who).toMatchObject({ kind: "owner", everything: true });
  const sessions = JSON.parse(
    (await system.deferred(["sessions", "list", "--json"], { env })).stdout,
  );
  const ids = sessions.sessions.map(({ id }: { id: string }) => id);
  expect((await system.deferred(["sessions", "end", ...ids], { env })).code).toBe(0);
  expect((await fetch(`${system.url}/operator`, { headers: { cookie } })).status).toBe(401);
  const invited = await system.deferred(["members", "add", "--role", "runner", "--json"], { env });
  expect(JSON.parse(invited.stdout)).toMatchObject({ project: "local/demo", mailed: false });
  expect((await system.deferred(["logout"], { env })).stdout).toBe(`logged out at ${system.url}\n`);
  expect((await system.deferred(["whoami"], { env })).code).not.toBe(0);
});
