import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { Webhook } from "standardwebhooks";
import { parseProjectFile } from "../../responder/project-file/parse.ts";
import { needs } from "../needs.ts";
import { startProjectSystem } from "../systems/project.ts";

// What the guides tell people to copy has to work as it stands there.

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFile(join(ROOT, path), "utf8");

/** The code blocks of a section, whose heading it is given; of any depth of indentation. */
async function blocks(page: string, heading: string, language: string): Promise<string[]> {
  const text = await read(page);
  const from = text.indexOf(`\n${heading}\n`);
  expect(from, `${page}: ${heading}`).toBeGreaterThan(-1);
  const depth = heading.indexOf(" ");
  const rest = text.slice(from + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${depth}} `, "m"));
  const section = end === -1 ? rest : rest.slice(0, end);
  const fence = new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^ *\`\`\`$`, "gm");
  return [...section.matchAll(fence)].map(([, indent = "", code = ""]) =>
    code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );
}

describe("a project's file", () => {
  test("as the guide shows it is understood, and each key is explained", async () => {
    const page = await read("docs/projects.md");
    const [example] = await blocks("docs/projects.md", "## The file", "yaml");
    const file = parseProjectFile(example!);
    expect(file.services.map(({ name }) => name)).toEqual(["postgresql", "redis"]);
    expect(file).toMatchObject({ timeoutS: 1200, secrets: ["API_TOKEN"], network: true });
    for (const key of ["commands", "runtimes", "services", "env", "secrets", "caches"])
      expect(page).toContain(`\n| \`${key}\``);
    for (const key of [
      "artifacts",
      "timeout",
      "branches",
      "schedule",
      "serve",
      "network",
      "history",
    ])
      expect(page).toContain(`\n| \`${key}\``);
  });

  test("of the examples runs: its tests, its report, its app", async () => {
    const system = await startProjectSystem();
    onTestFinished(() => system.clear());
    const repository = await system.project("acme/example");
    const names = ["bin/report", "bin/serve", "lib/greeting.rb", "test/greeting_test.rb"];
    const files: Record<string, string> = {};
    for (const name of [...names, ".deferred-server"])
      files[name] = await read(`examples/project/${name}`);
    const commit = await repository.commit(files);
    const run = await system.deferred(["exec", "--project", "acme/example", "--file", "--json"]);
    expect(run.code).toBe(0);
    const result = JSON.parse(run.stdout);
    expect(result.stdout).toBe("ok  Hello, Ada\nok  Good morning, Grace\n");
    expect(result.artifacts.map(({ name }: { name: string }) => name)).toEqual(["report.txt"]);
    expect(result.command.commits).toEqual([commit]);
    const asked = await system.deferred(["request", "--project", "acme/example", "/Ada"]);
    expect(asked).toMatchObject({ code: 0, stdout: "Good morning, Ada\n" });
  });
});

/** Runs lines of a guide as they are, after those that stand for a reader's own. */
async function shell(lines: string[], cwd: string, env: Record<string, string>) {
  const script = `set -euo pipefail\n${lines.join("\n")}`;
  const options = { cwd, env: { PATH: process.env["PATH"], ...env } };
  return (await promisify(execFile)("bash", ["-c", script], options)).stdout;
}

const has = (program: string) => existsSync(`/usr/bin/${program}`);

test(
  "the lines for curl work as they stand in the guides",
  needs(has("curl") && has("jq") && has("openssl"), "curl, jq and openssl"),
  async () => {
    const system = await startProjectSystem();
    onTestFinished(() => system.clear());
    const repository = await system.project("acme/site");
    const app = 'require("http").createServer((q, s) => s.end("well\\n")).listen(process.env.PORT)';
    await repository.commit({
      "app.cjs": app,
      ".deferred-server": "commands: echo pushed\nserve: node app.cjs\n",
    });
    const env = { HOME: join(system.data, "home") };
    const own = ["mkdir -p ~ data", `cp '${system.data}/owner-token' data/`];

    const { stdout } = await system.deferred([
      "projects",
      "show",
      "acme/site",
      "--hook-secret",
      "--json",
    ]);
    const { hooks, hook_secret } = JSON.parse(stdout);
    const hook = await blocks("docs/projects.md", "### Anything else", "sh");
    const where = { ...env, HOOK_URL: hooks.generic, HOOK_SECRET: hook_secret };
    const delivered = JSON.parse(await shell([...own, ...hook], system.data, where));
    expect(delivered).toMatchObject({ outcome: "run" });

    const api = await blocks("docs/api.md", "## A project's own work", "sh");
    const [setup, exec, history, follow, request, cancel, replay] = api.map((block) =>
      block.replace("https://runner.example", system.url),
    ) as [string, string, string, string, string, string, string];
    const say = (block: string) => shell([...own, setup, block], system.data, env);

    expect(await say(exec)).toMatch(/^1$/m);
    const followed = await shell([...own, setup, history, follow], system.data, env);
    expect(followed).toMatch(/^A change$/m);
    expect(followed).toContain('"state": "succeeded"');
    expect(await say(request)).toBe("200\nwell\n\n");
    const canceled = await shell([...own, setup, history, cancel], system.data, env);
    expect(canceled).toMatch(/^(succeeded|canceled|running|queued|waking)$/m);
    expect(await say(replay)).toMatch(/^run\n\w+\n$/);
  },
);

test("an outgoing webhook is verified by the lines of the guide", async () => {
  const [snippet] = await blocks("docs/projects.md", "## Being told", "js");
  const secret = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
  const at = new Date();
  const body = JSON.stringify({
    type: "run.ended",
    timestamp: at.toISOString(),
    data: { project: "acme/site", run: { title: "Tea" }, state: "failed" },
  });
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", at, body),
  };
  const given = `const body = ${JSON.stringify(body)}, headers = ${JSON.stringify(headers)};`;
  const code = snippet!.replace(
    'import { Webhook } from "standardwebhooks";',
    (line) => `${line}\n${given}`,
  );
  const check = (text: string) =>
    promisify(execFile)(process.execPath, ["--input-type=module", "-e", text], {
      cwd: ROOT,
      env: { HOOK_SECRET: secret },
    });
  expect((await check(code)).stdout).toBe("run.ended acme/site Tea failed\n");
  await expect(check(code.replace("failed", "succeeded"))).rejects.toThrow("signature");
});
