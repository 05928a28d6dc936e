import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMAND_LINE, COMPILED } from "../compiled.ts";
import { eventually } from "../eventually.ts";
import type { GitRepository } from "../services/git-repository.ts";
import { needs } from "../needs.ts";
import { startProjectSystem } from "../systems/project.ts";

let system: Awaited<ReturnType<typeof startProjectSystem>>;
let repository: GitRepository;
const commits: string[] = [];

/** Noon of so many days before today, in UTC. */
const daysAgo = (days: number, hour = 12) => {
  const day = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  return `${day}T${String(hour).padStart(2, "0")}:00:00Z`;
};

beforeAll(async () => {
  system = await startProjectSystem();
  repository = await system.project("acme/app");
  for (const [days, hour, text] of [
    [9, 12, "nine"],
    [3, 8, "three, early"],
    [3, 20, "three, late"],
    [1, 12, "one"],
  ] as const) {
    const files = { "say.txt": `${text}\n`, ".deferred-server": "commands:\n  - cat say.txt\n" };
    commits.push(await repository.commit(files, { message: text, at: daysAgo(days, hour) }));
  }
});
afterAll(() => system.clear());

const exec = (...args: string[]) => system.deferred(["exec", "--project", "acme/app", ...args]);

test("a command's output and exit status become the command line's own", async () => {
  const { code, stdout, stderr } = await exec("--", "bash", "-c", "echo out; echo err >&2; exit 3");
  expect({ code, stdout }).toEqual({ code: 3, stdout: "out\n" });
  expect(stderr).toMatch(/^err\nnote: Ended with exit status 3 after .*\.\n$/);
});

test("one text is bash's, several words are the very arguments", async () => {
  const text = await exec("cat say.txt | tr a-z A-Z");
  expect(text).toEqual({ code: 0, stdout: "ONE\n", stderr: "" });
  const words = await exec("--", "printf", "%s.", "a b", "$HOME", "--json");
  expect(words).toEqual({ code: 0, stdout: "a b.$HOME.--json.", stderr: "" });
  const missing = await exec("--", "no-such-program", "-x");
  expect(missing.code).toBe(127);
  expect(missing.stderr).toMatch(/^no-such-program: command not found\n/);
  const forgotten = await exec("ls", "-l");
  expect(forgotten).toMatchObject({ code: 2, stderr: expect.stringContaining("put -- before") });
  const split = await exec("ls", "say.txt");
  expect(split).toMatchObject({ code: 2, stderr: expect.stringContaining("put -- before") });
});

describe("the commits", () => {
  test("--ref takes a branch, or a commit's full name", async () => {
    await repository.commit({ "say.txt": "branch\n" }, { branch: "release/2" });
    expect((await exec("--ref", "release/2", "--", "cat", "say.txt")).stdout).toBe("branch\n");
    expect((await exec("--ref", commits[0]!, "--", "cat", "say.txt")).stdout).toBe("nine\n");
    const none = await exec("--ref", "no-such-branch", "--", "true");
    expect(none.code).toBe(65);
    expect(none.stderr).toContain("no-such-branch");
  });

  test("--commits runs at each in the order given; the first failure is the exit status", async () => {
    const [nine, , late] = commits as [string, string, string, string];
    const check = "cat say.txt; ! grep -q late say.txt";
    const { code, stdout, stderr } = await exec("--commits", `${late.slice(0, 8)},${nine}`, check);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "three, late\nnine\n" });
    const notes = stderr.split("\n").filter((line) => line.includes(" $ "));
    expect(notes).toEqual([
      `note: ${late.slice(0, 12)} $ ${check}`,
      `note: ${nine.slice(0, 12)} $ ${check}`,
    ]);
    const many = await exec("--commits", Array.from({ length: 101 }, () => nine).join(","), "ls");
    expect(many.stderr).toMatch(/^error: --commits takes 100 at most, not 101: /);
  });

  test("--history runs at each day's last commit, oldest first, within one run", async () => {
    const { code, stdout } = await exec("--history", "5d", "--", "cat", "say.txt");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "three, late\none\n" });
    const { stdout: listed } = await system.deferred(["ps", "-a", "-n", "1", "--json"]);
    const [run] = JSON.parse(listed).runs;
    expect(run).toMatchObject({ trigger: "exec", state: "succeeded" });
  });
});

test("--file runs what the project's file says, and --json prints the result", async () => {
  const { code, stdout } = await exec("--file", "--json");
  expect(code).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ state: "succeeded", stdout: "one\n" });
  expect(result.command).toMatchObject({ project: "acme/app", commits: [commits[3]] });
  expect(result.command.steps.map(({ kind }: { kind: string }) => kind)).toContain("checkout");
});

test("--detach comes back at once; logs -f follows the run to its end", async () => {
  const { stdout } = await exec("--detach", "--json", "--", "bash", "-c", "sleep 0.3; echo later");
  const { id } = JSON.parse(stdout);
  const logs = await system.deferred(["logs", "-f", `${system.url}/projects/acme/app/runs/${id}`]);
  expect(logs).toMatchObject({ code: 0, stdout: "later\n" });
  const elsewhere = await system.deferred(["logs", `https://other.example/v1/runs/${id}`]);
  expect(elsewhere).toMatchObject({ code: 2, stderr: expect.stringContaining("DEFERRED_URL") });
});

test("download saves what a run left, below a folder of its own, and nothing that is not there", async () => {
  const made = await exec("--json", "mkdir -p artifacts/deep; echo tea > artifacts/deep/cup.txt");
  const { id } = JSON.parse(made.stdout);
  const saved = join(system.root, id, "deep/cup.txt");
  const all = await system.deferred(["download", id]);
  expect(all).toEqual({ code: 0, stdout: `${saved}\n`, stderr: "" });
  expect(await readFile(saved, "utf8")).toBe("tea\n");
  const asFiles = await system.deferred(["download", id, "--json"]);
  expect(JSON.parse(asFiles.stdout)).toEqual({ files: [saved] });
  const none = await system.deferred(["download", id, "deep", "milk.txt"]);
  expect(none).toMatchObject({ code: 1, stdout: "" });
  expect(none.stderr).toContain("no artifact milk.txt\nhint: there are: deep/cup.txt");

  const nowhere = await system.deferred(["download", id, "--to", "/proc/nothing/here"]);
  expect(nowhere).toEqual({
    code: 1,
    stdout: "",
    stderr: "error: /proc/nothing can't be written (ENOENT)\n",
  });

  const asJson = await system.deferred(["cancel", id, "--json"]);
  expect([asJson.code, JSON.parse(asJson.stdout)]).toEqual([
    0,
    { runs: [{ id, state: "succeeded" }] },
  ]);
  const late = await system.deferred(["cancel", id]);
  expect(late).toEqual({
    code: 0,
    stdout: "",
    stderr: `note: ${id} had ended before: succeeded\n`,
  });
});

test("Ctrl-C cancels the run, and so do a reader that leaves and cancel from elsewhere", async () => {
  const args = ["exec", "--project", "acme/app", "--", "bash", "-c", "echo begun; sleep 60"];
  const here = system.start(args);
  await eventually(async () => here.output().includes("begun") || undefined);
  here.child.kill("SIGINT");
  expect((await here.ended).code).toBe(130);

  const more = "echo begun; while sleep 0.1; do echo more; done";
  const read = system.start(["exec", "--project", "acme/app", more]);
  await eventually(async () => read.output().includes("begun") || undefined);
  // As head does once it has its line.
  read.child.stdout!.destroy();
  expect(await read.ended).toMatchObject({ code: 130, stderr: "note: The run was canceled.\n" });

  const there = system.start(args);
  await eventually(async () => there.output().includes("begun") || undefined);
  const { stdout } = await system.deferred(["ps", "--json"]);
  const [run] = JSON.parse(stdout).runs;
  expect(run).toMatchObject({ project: "acme/app", state: "running", ended_at: null });
  const canceled = await system.deferred(["cancel", run.id]);
  expect(canceled).toMatchObject({ code: 0, stdout: `canceled ${run.id}\n` });
  expect((await there.ended).code).toBe(130);
});

test("a second Ctrl-C leaves at once, even where the server says nothing", async () => {
  const args = ["exec", "--project", "acme/app", "--", "bash", "-c", "echo begun; sleep 60"];
  const [patient, { child, ended, output }] = [system.start(args), system.start(args)];
  for (const begun of [patient.output, output]) {
    await eventually(async () => begun().includes("begun") || undefined);
  }
  system.server.kill("SIGSTOP");
  try {
    // After one alone it waits five seconds for the run's end.
    patient.child.kill("SIGINT");
    await eventually(async () => {
      child.kill("SIGINT");
      return child.exitCode ?? undefined;
    });
    expect([patient.child.exitCode, patient.child.signalCode]).toEqual([null, null]);
    expect((await ended).code).toBe(130);
  } finally {
    system.server.kill("SIGCONT");
  }
  const { stdout } = await system.deferred(["ps", "--json"]);
  await system.deferred(["cancel", ...JSON.parse(stdout).runs.map(({ id }: { id: string }) => id)]);
});

test("a time limit stops it with 124", async () => {
  // The limit counts from before the program's start, which takes seconds on a loaded machine.
  const { code, stdout } = await exec(
    "--timeout",
    "5s",
    "--",
    "bash",
    "-c",
    "echo begun; sleep 60",
  );
  expect({ code, stdout }).toEqual({ code: 124, stdout: "begun\n" });
});

test("a run that could not begin is this command's error, and a note where it is told of later", async () => {
  const { code, stdout, stderr } = await exec("--ref", "nope", "--", "ls");
  expect({ code, stdout }).toEqual({ code: 65, stdout: "" });
  expect(stderr).toMatch(/^error: .*nope/m);
  expect(stderr).not.toMatch(/^note: .*nope/m);
  const { runs } = JSON.parse((await system.deferred(["ps", "-a", "-n", "1", "--json"])).stdout);
  const told = await system.deferred(["logs", runs[0].id]);
  expect(told).toMatchObject({ code: 0, stderr: expect.stringMatching(/^note: .*nope/m) });
  expect(told.stderr).not.toContain("error:");
});

test("refusals speak to who is at the terminal", async () => {
  const unknown = await system.deferred(["exec", "--project", "acme/none", "--", "ls"]);
  expect(unknown).toMatchObject({ code: 65, stdout: "" });
  expect(unknown.stderr).toBe(
    "error: There is no such project here, or it is not yours: deferred projects list shows those you have.\n" +
      "  code: project_not_found\n",
  );
});

test("DEFERRED_PROJECT names the project that is meant where none is named", async () => {
  const env = { DEFERRED_PROJECT: "acme/app" };
  const named = await system.deferred(["exec", "--", "cat", "say.txt"], { env });
  expect(named).toEqual({ code: 0, stdout: "one\n", stderr: "" });
  const { code, stderr } = await system.deferred(["exec", "--", "ls"]);
  expect(code).toBe(65);
  expect(stderr).toMatch(/^  code: project_without_repository$/m);
});

test(
  "colours and marks are for terminals, and colours not for those who want none; notes have their own lines",
  needs(process.platform === "linux" && existsSync("/usr/bin/script"), "the program script"),
  async () => {
    const shown = async (words: string, more: Record<string, string> = {}) => {
      const command = `'${process.execPath}' '${COMMAND_LINE}' ${words}`;
      const env = { PATH: process.env["PATH"], ...COMPILED, TERM: "xterm", ...system.env, ...more };
      return (await promisify(execFile)("script", ["-qec", command, "/dev/null"], { env })).stdout;
    };
    const listed = (more: Record<string, string>) => shown("ps -a -n 2", more);
    const unfinished = await shown("exec --project acme/app 'printf end'");
    expect(unfinished).toMatch(/end\r\nnote: Ended with exit status 0 after .*\.\r\n$/);
    expect(await listed({})).toMatch(/\x1b\[32m✓ succeeded\x1b\[39m +acme\/app/);
    const plain = await listed({ NO_COLOR: "1" });
    expect(plain).toContain("✓ succeeded");
    expect(plain).not.toContain("\x1b");
    const { stdout } = await system.deferred(["ps", "-a", "-n", "2"]);
    expect(stdout).toMatch(/^\w{26} +succeeded +acme\/app/m);
    const { stdout: fitting } = await system.deferred(["ps", "--filter", "printf state:ended"]);
    expect(fitting).toMatch(/^\w{26} +succeeded +acme\/app.*printf end/m);
    expect((await system.deferred(["ps", "--state", "errored"])).stdout).toBe("");
  },
);
