import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AppResponse } from "../../../protocol/app-response.ts";
import type { SavedCache } from "../../../protocol/command.ts";
import type { ResponderCalls } from "../../../responder/client/responder-calls.ts";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { needs } from "../../needs.ts";
import { commandTrials } from "./trial.ts";

let t: Awaited<ReturnType<typeof commandTrials>>;
beforeAll(async () => {
  t = await commandTrials(bubblewrap);
});
afterAll(() => t.close());

const file = (lines: object) => ({ ".deferred-server": JSON.stringify(lines) });

test("artifacts are what the file names by glob, folder or name, and what is in artifacts/", async () => {
  const { url } = await t.repository({
    ...file({
      commands:
        "mkdir -p artifacts coverage/deep a/b logs; echo 1 >artifacts/one; echo 2 >coverage/deep/two; echo 3 >a/b/three.xml; echo 4 >top.log; echo 5 >logs/five.log; ln -s /etc/passwd a/link.xml; mkfifo pipe.log; ln top.log hard.log",
      artifacts: ["coverage/", "**/*.xml", "*.log", "logs/five.log", "none-there"],
    }),
    "src/kept.xml": "in the repository\n",
  });
  const { executed, artifacts, leftOut } = await t.run(url);
  expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
  expect(artifacts).toEqual({
    one: "1\n",
    "coverage/deep/two": "2\n",
    "a/b/three.xml": "3\n",
    "src/kept.xml": "in the repository\n",
    "logs/five.log": "5\n",
  });
  // The link, the pipe, and the file of two names under both.
  expect(leftOut).toBe(4);
});

test("a push to a branch that the file leaves out runs nothing, and a person's call does", async () => {
  const repository = await t.repository(file({ commands: "echo ran", branches: ["release/*"] }));
  const at = async (ref: string) => ({
    of: "commit" as const,
    commit: await repository.git("rev-parse", "HEAD"),
    ref,
  });
  const main = await t.run(repository.url, { revision: await at("refs/heads/main") });
  expect(main.executed).toMatchObject({ cause: "exited", exitCode: 0 });
  expect(main.stdout).toMatch(/runs nothing for main/);
  const asked = await t.run(repository.url, {
    revision: await at("refs/heads/main"),
    trigger: "exec",
  });
  expect(asked.stdout).toBe("ran\n");
});

/** Storage by HTTP, as presigned addresses offer it. */
async function storage() {
  const stored = new Map<string, Buffer>();
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (request.method === "PUT") stored.set(request.url!, Buffer.concat(parts));
      const content = stored.get(request.url!);
      response.writeHead(content ? 200 : 404).end(request.method === "PUT" ? "" : content);
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const at = (name: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`;
  const saves: SavedCache[] = [];
  const calls: Partial<ResponderCalls> = {
    restoreCaches: async (_, names) =>
      names.map((name) => {
        const content = stored.get(`/${name}`);
        if (content === undefined) return null;
        const sha256 = createHash("sha256").update(content).digest("hex");
        return { url: at(name), sha256, size: content.length };
      }),
    saveCaches: async (_, caches) => {
      saves.push(...caches);
      return caches.map(({ name }) => ({ url: at(name), headers: {} }));
    },
  };
  return { stored, saves, calls, close: () => server.close() };
}

test("cache folders come back as they were left, are stored when they changed, and go by their key", async () => {
  const store = await storage();
  const repository = await t.repository({
    ...file({
      commands:
        "cat vendor/bundle/x ~/.cache/y 2>/dev/null; mkdir -p vendor/bundle ~/.cache; [ -e vendor/bundle/x ] || echo made >vendor/bundle/x; echo $DEFERRED_RUN >~/.cache/y",
      caches: [{ folder: "vendor/bundle", key: ["lock"] }, "~/.cache"],
    }),
    lock: "1",
  });
  const options = { caches: true, calls: store.calls };
  const first = await t.run(repository.url, options);
  expect([first.stdout, first.stderr]).toEqual(["", "There is none yet.\nThere is none yet.\n"]);
  expect(first.executed.caches).toEqual(store.saves);
  expect(first.executed.caches).toHaveLength(2);

  const second = await t.run(repository.url, options);
  expect(second.stdout).toMatch(/^made\nrun-\d+\n$/);
  expect(second.stderr).toBe("It did not change.\n");
  expect(second.executed.caches).toHaveLength(1);

  await repository.commit({ lock: "2" });
  const third = await t.run(repository.url, options);
  expect(third.stdout).toMatch(/^run-\d+\n$/);
  expect(third.stderr).toBe("There is none yet.\n");

  // Damaged in storage after its digest was recorded.
  const damaged: Partial<ResponderCalls> = {
    ...store.calls,
    restoreCaches: async (run, names, signal) => {
      const found = await store.calls.restoreCaches!(run, names, signal);
      return found.map((one) => one && { ...one, sha256: "0".repeat(64) });
    },
  };
  const last = await t.run(repository.url, { caches: true, calls: damaged });
  expect(last.executed).toMatchObject({ cause: "exited", exitCode: 0 });
  expect(last.stderr).toContain("what storage holds is not what was stored");
  expect(last.marks).toContainEqual(expect.objectContaining({ step: 2, exit_code: 1 }));
  store.close();
});

test("of several commits each has its caches restored, and the last one's are saved", async () => {
  const store = await storage();
  const commands =
    "cat c/x 2>/dev/null; mkdir -p c; echo $DEFERRED_COMMIT >c/x; test $(cat n) != bad";
  const at = (n: string) => ({
    ...file({ commands, caches: [{ folder: "c", key: ["lock"] }] }),
    n,
  });
  const repository = await t.repository({ ...at("1"), lock: "old" });
  const first = await repository.git("rev-parse", "HEAD");
  const second = await repository.commit({ ...at("2"), lock: "new" });
  const bad = await repository.commit({ ...at("bad"), lock: "worse" });
  const options = { caches: true, calls: store.calls };
  const over = (...commits: string[]) =>
    t.run(repository.url, { ...options, revision: { of: "commits", commits } });

  const both = await over(first, second);
  expect(both.executed.caches).toEqual(store.saves);
  const steps = both.marks.filter((mark) => mark.type === "step_started" && mark.kind === "cache");
  expect(steps).toMatchObject([
    { name: "Restore c", commit: first },
    { name: "Restore c", commit: second },
    { name: "Save c", commit: second },
  ]);
  // The key tells whose it is.
  const later = await over(first, second, bad);
  expect(later.stdout).toBe(`${second}\n`);
  expect(later.executed).toMatchObject({ cause: "exited", exitCode: 1, caches: [] });
  store.close();
});

test("a run without caches restores and stores none", async () => {
  const store = await storage();
  const { url } = await t.repository(file({ commands: "mkdir c", caches: ["c"] }));
  const { executed } = await t.run(url, { calls: store.calls });
  expect(executed.caches).toEqual([]);
  expect(store.saves).toEqual([]);
  store.close();
});

const APP = `
const http = require("node:http");
http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    response.writeHead(request.url.startsWith("/missing") ? 404 : 200, { "X-App": "yes", "Set-Cookie": ["a=1", "b=2"] });
    response.end(request.url === "/bytes" ? Buffer.from([255, 0]) : request.method + " " + request.url + " " + request.headers["x-from"] + " " + Buffer.concat(parts));
  });
}).listen(process.env.PORT, "127.0.0.1");
`;

test("a project's app is booted, asked once, and its answer kept whatever it is", async () => {
  const { url } = await t.repository({
    ...file({ commands: "false", serve: { command: "node app.js", ready: "/up" } }),
    "app.js": APP,
  });
  const ask = (path: string, method = "GET", body?: string) =>
    t.run(url, {
      trigger: "request",
      task: {
        do: "request",
        method,
        path,
        headers: { "X-From": "test" },
        ...(body === undefined ? {} : { body: Buffer.from(body).toString("base64") }),
      },
    });
  const { executed, stdout, artifacts, marks } = await ask("/a?b=1", "POST", "hello");
  expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
  expect(stdout).toMatch(/^HTTP\/1.1 200 OK\nX-App: yes\nSet-Cookie: a=1\nSet-Cookie: b=2\n/);
  expect(stdout).toMatch(/\n\nPOST \/a\?b=1 test hello\n$/);
  expect(JSON.parse(artifacts["response.json"]!)).toMatchObject({
    status: 200,
    body: "POST /a?b=1 test hello",
    encoding: "utf8",
  });
  expect(marks.filter((mark) => mark.type === "step_started").map(({ name }) => name)).toEqual([
    "Check out the default branch",
    "Boot node app.js",
    "POST /a?b=1",
  ]);
  const missing = await ask("/missing");
  expect(missing.executed).toMatchObject({ cause: "exited", exitCode: 0 });
  expect(JSON.parse(missing.artifacts["response.json"]!)).toMatchObject({ status: 404 });
  const bytes = await ask("/bytes");
  expect(JSON.parse(bytes.artifacts["response.json"]!)).toMatchObject({
    body: "/wA=",
    encoding: "base64",
  });
});

test("an app's answer is kept without the secrets that are in it, whichever way it is written", async () => {
  const secret = 'line "one"\nsecond-line';
  const { url } = await t.repository({
    ...file({ commands: "false", secrets: ["KEY"], serve: { command: "node app.js" } }),
    "app.js": `
      const { KEY } = process.env;
      require("node:http").createServer((request, response) => {
        response.setHeader("X-Key", "is " + KEY.split("\\n")[1]);
        const text = JSON.stringify({ KEY }) + KEY + "!";
        response.end(request.url === "/text" ? text : Buffer.from([255, ...Buffer.from(KEY), 0]));
      }).listen(process.env.PORT, "127.0.0.1");`,
  });
  const ask = async (path: string) => {
    const task = { do: "request", method: "GET", path, headers: {} } as const;
    const { artifacts } = await t.run(url, { task, secrets: { KEY: secret } });
    return JSON.parse(artifacts["response.json"]!) as AppResponse;
  };
  const answer = await ask("/text");
  expect(answer.headers).toContainEqual(["X-Key", "is ***"]);
  // As JSON the value's first line is another text; its second is not.
  expect(answer).toMatchObject({ encoding: "utf8", body: '{"KEY":"line \\"one\\"\\n***"}***!' });
  const bytes = Buffer.from([255, ...Buffer.from("***"), 0]).toString("base64");
  expect(await ask("/")).toMatchObject({ encoding: "base64", body: bytes });
});

test("an app that does not come up is told by the last of its log", async () => {
  const ask = async (serve: object | undefined) => {
    const { url } = await t.repository(file({ commands: "true", ...(serve ? { serve } : {}) }));
    const task = { do: "request", method: "GET", path: "/", headers: {} } as const;
    return (await t.run(url, { task, secrets: { KEY: "hidden-value" } })).executed;
  };
  const dead = await ask({ command: "echo no database hidden-value; exit 1" });
  expect(dead).toMatchObject({ cause: "refused", reason: "app_not_up" });
  expect(dead.detail).toMatch(/no database \*\*\*$/);
  const deaf = await ask({ command: "sleep 60", timeout: "1s" });
  expect(deaf).toMatchObject({ cause: "refused", reason: "app_not_up" });
  expect(await ask(undefined)).toMatchObject({ cause: "refused", reason: "file_invalid" });
});

test(
  "without a file, what runs is a report of what changes most",
  needs(
    existsSync(join(import.meta.dirname, "../../../dist/machine/churn.mjs")),
    "the built churn report",
  ),
  async () => {
    const repository = await t.repository({ "a.txt": "1\n", "b.txt": "1\n" });
    await repository.commit({ "a.txt": "2\n" });
    const { executed, stdout, artifacts, marks } = await t.run(repository.url);
    expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
    expect(stdout).toMatch(/2 .*a\.txt/);
    expect(Object.keys(artifacts)).toEqual(["churn.html", "churn.json"]);
    expect(marks).toContainEqual(
      expect.objectContaining({ kind: "command", name: "Churn report" }),
    );
  },
);
