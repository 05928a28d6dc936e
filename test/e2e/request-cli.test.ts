import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startProjectSystem } from "../systems/project.ts";
import { needs } from "../needs.ts";

const MODULES = join(fileURLToPath(import.meta.resolve("express")), "../..");
const hasSinatra = existsSync("/usr/share/doc/ruby-sinatra");
const hasServices = existsSync("/usr/lib/postgresql") && existsSync("/usr/bin/redis-server");

let system: Awaited<ReturnType<typeof startProjectSystem>>;

beforeAll(async () => {
  system = await startProjectSystem();
});
afterAll(() => system.clear());

const request = (project: string, ...args: string[]) =>
  system.deferred(["request", "--project", project, ...args]);

describe("a Sinatra app", needs(hasSinatra, "Sinatra"), () => {
  beforeAll(async () => {
    const repository = await system.project("acme/sinatra");
    await repository.commit({
      "app.rb": [
        'require "sinatra"',
        'set :bind, "127.0.0.1"',
        'set :port, ENV.fetch("PORT")',
        'get("/hello") { "hello #{params["who"]}\\n" }',
        'post("/orders") { status 201; headers "X-Kind" => request.content_type; request.body.read }',
        "",
      ].join("\n"),
      ".deferred-server": "serve:\n  command: ruby app.rb\n  ready: /hello\n",
    });
  });

  test("is booted, asked once, and its body printed as it is", async () => {
    const { code, stdout, stderr } = await request("acme/sinatra", "/hello?who=you");
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "hello you\n", stderr: "" });
  });

  test("gets method, headers and body; -i prints status and headers before the body", async () => {
    const args = ["/orders", "-d", '{"tea": 2}', "-H", "Content-Type: application/json", "-i"];
    const { code, stdout } = await request("acme/sinatra", ...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HTTP\/1\.1 201\r\n/);
    expect(stdout).toMatch(/^x-kind: application\/json\r$/im);
    expect(stdout).toMatch(/\r\n\r\n\{"tea": 2\}$/);
  });
});

describe("an Express app", () => {
  beforeAll(async () => {
    const repository = await system.project("acme/express");
    for (const name of closure("express")) {
      const to = join(repository.work, "node_modules", name);
      await cp(join(MODULES, name), to, { recursive: true });
    }
    await repository.commit({
      "app.js": [
        'import express from "express";',
        "const app = express();",
        'app.get("/sum/:a/:b", (q, s) => s.json({ sum: Number(q.params.a) + Number(q.params.b) }));',
        'app.get("/broken", (q, s) => s.status(503).send("out of tea\\n"));',
        'app.get("/picture", (q, s) => s.type("png").send(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff])));',
        "app.listen(process.env.PORT);",
        "",
      ].join("\n"),
      "package.json": '{ "type": "module" }\n',
      ".deferred-server": "serve:\n  command: node app.js\n",
    });
  });

  test("is booted at the port it was given", async () => {
    const { code, stdout } = await request("acme/express", "/sum/40/2");
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"sum":42}' });
  });

  test("an answer is an answer whatever its status, but for --fail, and bytes stay bytes", async () => {
    expect(await request("acme/express", "/broken")).toMatchObject({
      code: 0,
      stdout: "out of tea\n",
    });
    const failed = await request("acme/express", "/broken", "--fail");
    expect(failed).toMatchObject({ code: 22, stdout: "" });
    expect(failed.stderr).toContain("error: the app answered with status 503");
    const json = JSON.parse((await request("acme/express", "/picture", "--json")).stdout);
    expect(json).toMatchObject({ status: 200, encoding: "base64" });
    expect(Buffer.from(json.body, "base64").toString("latin1")).toBe("\x89PNG\xff");
    expect(json.headers).toContainEqual([expect.stringMatching(/^content-type$/i), "image/png"]);
  });
});

test("an app that ends at once, and a file that names none, are told apart", async () => {
  const repository = await system.project("acme/odd");
  await repository.commit({ ".deferred-server": "serve:\n  command: echo gone >&2; exit 4\n" });
  const gone = await request("acme/odd", "/");
  expect({ code: gone.code, stdout: gone.stdout }).toEqual({ code: 65, stdout: "" });
  expect(gone.stderr).toContain("The app did not answer on its port.");
  expect(gone.stderr).toContain("gone");
  await repository.commit({ ".deferred-server": "commands:\n  - true\n" });
  const none = await request("acme/odd", "/");
  expect(none.code).toBe(65);
  expect(none.stderr).toContain("serve");
});

test(
  "a project that asks for PostgreSQL and Redis has both, empty and its own",
  needs(hasServices, "PostgreSQL and Redis"),
  async () => {
    const repository = await system.project("acme/services");
    await repository.commit({
      ".deferred-server": [
        "services: [postgresql, redis]",
        "commands:",
        '  - psql "$DATABASE_URL" -qAt -c "create table tea (cups int); insert into tea values (40), (2); select sum(cups) from tea"',
        '  - redis-cli -u "$REDIS_URL" incr cups',
        "",
      ].join("\n"),
    });
    for (const _ of ["first", "second"]) {
      const args = ["exec", "--project", "acme/services", "--file"];
      const { code, stdout, stderr } = await system.deferred(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toBe("42\n1\n");
    }
  },
);

/** A package and all that it needs, as npm put them side by side. */
function closure(name: string): Set<string> {
  const found = new Set<string>();
  const add = (one: string) => {
    if (found.has(one)) return;
    found.add(one);
    const { dependencies = {} } = JSON.parse(
      readFileSync(join(MODULES, one, "package.json"), "utf8"),
    ) as { dependencies?: Record<string, string> };
    for (const needed of Object.keys(dependencies)) {
      if (readdirSync(MODULES).includes(needed.split("/")[0]!)) add(needed);
    }
  };
  add(name);
  return found;
}
