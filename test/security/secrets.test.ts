import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../protocol/paths.ts";
import type { ProjectView } from "../../protocol/projects.ts";
import type { Result, RunCreated } from "../../protocol/run.ts";
import { held } from "../e2e/held.ts";
import { serve } from "../systems/process.ts";
import { eventually } from "../eventually.ts";
import { makeRepository } from "../services/git-repository.ts";
import { startGitServer } from "../services/git-server.ts";
import { needsRoot } from "../needs.ts";

const SLUG = "ada/app";
const LOGIN = { user: "ada", token: "repository-token-5d1f" };
const SECRET = "project-secret-7c2e";
const GITHUB = "github-token-91ab";

test(
  "while a run is busy its secrets are in no command line, log or file, and in no process but those that need them",
  needsRoot,
  async () => {
    const root = await mkdtemp(join(tmpdir(), "deferred-secrets-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const repository = await makeRepository(root, "app");
    const { line, release } = held();
    const file = `secrets: [TOKEN]\ncommands: |\n  test \${#TOKEN} = 19; echo $TOKEN; cd /no/$TOKEN; ${line}\n`;
    // With commands that are the shell's own: what others are told on their command line is the project's doing.
    await repository.commit({ ".deferred-server": file });
    const basic = Buffer.from(`${LOGIN.user}:${LOGIN.token}`).toString("base64");
    // As late as it has to be for the process of git to be looked at.
    const git = await startGitServer(root, {
      login: LOGIN,
      before: () => watching.sees(`${basic} of git outside`),
    });
    onTestFinished(() => git.close());
    const served = await serve({ DEFERRED_ALLOW_PRIVATE: "1", DEFERRED_LOG: "debug" });
    let log = "";
    served.process.stderr!.on("data", (chunk: Buffer) => (log += chunk.toString()));
    const owner = (await readFile(join(served.data, "owner-token"), "utf8")).trim();
    const headers = { authorization: `Bearer ${owner}`, "content-type": "application/json" };
    const call = (method: string, path: string, body?: object) =>
      fetch(served.url + path, {
        method,
        headers,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    const made = await call("POST", paths.projects, {
      slug: SLUG,
      repository: `${git.url}/app.git`,
      repository_token: `${LOGIN.user}:${LOGIN.token}`,
      github_token: GITHUB,
    });
    const { hook_secret: hookSecret } = (await made.json()) as ProjectView;
    await call("PUT", paths.secret(SLUG, "TOKEN"), { value: SECRET });

    const secrets = [LOGIN.token, basic, SECRET, GITHUB, hookSecret!, owner];
    const watching = watchProcesses(secrets);
    const begun = await call("POST", paths.projectRuns(SLUG), {});
    const { id } = (await begun.json()) as RunCreated;
    await watching.sees(`${SECRET} of a program in a sandbox`);
    release();
    const result = await eventually(async () => {
      const answer = await call("GET", paths.runResult(id));
      return answer.ok ? ((await answer.json()) as Result) : undefined;
    });
    const seen = await watching.end();

    expect(result).toMatchObject({ state: "succeeded" });
    expect(seen.inCommandLines).toEqual([]);
    // Git of the responder gets its credential so, and the sandbox the secrets that its file names.
    expect(seen.inEnvironments).toEqual([
      `${basic} of git outside`,
      `${SECRET} of a program in a sandbox`,
    ]);
    const events = await (await call("GET", paths.runEvents(id))).text();
    const stored = await textBelow(served.data, ["owner-token"]);
    expect(log).toContain(id);
    for (const secret of secrets) {
      expect(`${JSON.stringify(result)}${events}`.includes(secret), secret).toBe(false);
      expect(log.includes(secret), secret).toBe(false);
      expect(stored.includes(secret), secret).toBe(false);
    }
  },
);

/** Looks at all processes of this host, again and again, for what must not be seen there. */
function watchProcesses(secrets: readonly string[]) {
  const inCommandLines = new Set<string>();
  const inEnvironments = new Set<string>();
  const over = new AbortController();
  const read = (pid: string, name: string) =>
    readFile(`/proc/${pid}/${name}`, "latin1").catch(() => "");
  const programOf = async (pid: string) => ({
    line: await read(pid, "cmdline"),
    space: await readlink(`/proc/${pid}/ns/pid`).catch(() => ""),
  });

  const look = async (pid: string, own: string) => {
    if (Number(pid) === process.pid) return;
    const { line, space } = await programOf(pid);
    const environment = await read(pid, "environ");
    const after = await programOf(pid);
    // Of one that ended or became another program meanwhile, nobody could say whose environment that was.
    if (space === "" || space !== after.space || line !== after.line) return;
    for (const secret of secrets) {
      if (line.includes(secret)) inCommandLines.add(`${secret} in ${line}`);
      if (!environment.includes(secret)) continue;
      const isGit = /(^|\/)git/.test(line.split("\0")[0]!);
      const where = isGit ? "git outside" : `${line} outside`;
      inEnvironments.add(`${secret} of ${space === own ? where : "a program in a sandbox"}`);
    }
  };
  const watch = async () => {
    const own = await readlink("/proc/self/ns/pid");
    while (!over.signal.aborted) {
      const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
      await Promise.all(pids.map((pid) => look(pid, own)));
      await wait(5);
    }
  };
  const watching = watch();
  onTestFinished(() => over.abort());
  return {
    /** Resolves once that was seen in an environment. */
    sees: (what: string): Promise<true> =>
      eventually(async () => inEnvironments.has(what) || over.signal.aborted || undefined),
    async end() {
      over.abort();
      await watching;
      return {
        inCommandLines: [...inCommandLines],
        inEnvironments: [...inEnvironments].toSorted(),
      };
    },
  };
}

async function textBelow(folder: string, but: readonly string[]): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile() && !but.includes(one.name));
  const texts = files.map((one) => readFile(join(one.parentPath, one.name), "latin1"));
  return (await Promise.all(texts)).join("\n");
}
