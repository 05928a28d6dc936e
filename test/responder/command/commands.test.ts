import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bubblewrap } from "../../../responder/sandbox/bubblewrap/bubblewrap.ts";
import { none } from "../../../responder/sandbox/none.ts";
import { commandTrials } from "./trial.ts";

describe.each([
  ["bubblewrap", bubblewrap],
  ["none", none],
])("commands in the sandbox %s", (_, make) => {
  let t: Awaited<ReturnType<typeof commandTrials>>;
  beforeAll(async () => {
    t = await commandTrials(make);
  });
  afterAll(() => t.close());

  test("each of a file's is a step, in order with its output, up to the first that fails", async () => {
    const { url } = await t.repository({
      ".deferred-server":
        "commands:\n  - echo one; echo two >&2\n  - name: the second\n    run: exit 3\n  - echo never\n",
    });
    const { executed, story, reported } = await t.run(url);
    expect(executed).toMatchObject({ cause: "exited", exitCode: 3, signal: null });
    expect(story.slice(0, 3)).toEqual([
      "+Check out the default branch",
      "-0",
      "+echo one; echo two >&2",
    ]);
    expect(story.slice(3, 5).toSorted()).toEqual(["one\n", "two\n"]);
    expect(story.slice(5)).toEqual(["-0", "+the second", "-3"]);
    expect(reported).toMatchObject([
      { attempt: 1, ref: "refs/heads/main", default_branch: "main", schedule: [] },
    ]);
  });

  test("conditions skip commands, ignored failures count as none, and some run after a failure", async () => {
    const repository = await t.repository({
      ".deferred-server": `commands:
  - { run: exit 4, failure: ignore }
  - { run: echo docs, when: { path: docs } }
  - { name: code, run: echo code, when: { path: "src/*", branch: main, event: push } }
  - { run: echo failed; exit 3 }
  - { run: echo never }
  - { run: echo after a $DEFERRED_STATUS; exit 5, when: { status: failure } }
  - { run: echo always, when: { status: always } }
`,
    });
    const before = await repository.git("rev-parse", "HEAD");
    const commit = await repository.commit({ "src/a": "1" });
    const revision = { of: "commit", commit, ref: "refs/heads/main", before } as const;
    const { executed, stdout, marks } = await t.run(repository.url, { revision });
    expect(executed).toMatchObject({ cause: "exited", exitCode: 3 });
    expect(stdout).toBe(
      "Skipped: no file of docs was changed.\ncode\nfailed\nafter a failure\nalways\n",
    );
    const ended = marks.flatMap((mark) => (mark.type === "step_ended" ? [mark] : []));
    expect(ended.map(({ exit_code: code, outcome }) => outcome ?? code)).toEqual([
      0,
      "ignored",
      "skipped",
      0,
      3,
      5,
      0,
    ]);
  });

  test("each pass of a matrix has a work tree, variables and artifacts of its own; the first failure counts", async () => {
    const { url } = await t.repository({
      ".deferred-server": `matrix: { A: [1, 2/x], B: [y] }
commands:
  - test ! -e here; touch here; mkdir artifacts; echo $A $B >artifacts/said
  - test $A = 2/x
`,
    });
    const { executed, story, artifacts } = await t.run(url);
    expect(executed).toMatchObject({ cause: "exited", exitCode: 1 });
    expect(artifacts).toEqual({ "1-A-1-B-y/said": "1 y\n", "2-A-2-x-B-y/said": "2/x y\n" });
    expect(story).toEqual([
      "+Check out the default branch",
      "-0",
      expect.stringMatching(/^\+A=1 B=y: test ! -e here; /),
      "-0",
      "+A=1 B=y: test $A = 2/x",
      "-1",
      expect.stringMatching(/^\+Check out \w{7} for A=2\/x B=y$/),
      "-0",
      expect.stringMatching(/^\+A=2\/x B=y: test ! -e here; /),
      "-0",
      "+A=2/x B=y: test $A = 2/x",
      "-0",
    ]);
  });

  test("a pass that is taken over does not run, and a step says so", async () => {
    const { url } = await t.repository({
      ".deferred-server": "matrix: { A: [1, 2] }\ncommands: [echo $A]\n",
    });
    const taken_over = [{ pass: 1, run: "earlier" }];
    const { executed, printed, marks } = await t.run(url, { taken_over });
    expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
    expect(printed.slice(1)).toEqual([
      ["A=1", "Taken over from run earlier, where it went well.\n"],
      ["A=2: echo $A", "2\n"],
    ]);
    expect(marks.flatMap((mark) => ("pass" in mark ? [mark.pass] : []))).toEqual([1, 2]);
    expect(marks[3]).toMatchObject({ type: "step_ended", outcome: "skipped" });
  });

  test("a schedule's entry is found by its line, also at another workspace; one that is gone runs nothing", async () => {
    const entry = (cron: string) => `  - cron: "${cron}"\n    commands: ["echo at ${cron}"]\n`;
    const repository = await t.repository({
      ".deferred-server": `commands: [echo pushed]\nschedule:\n${entry("0 1 * * *")}${entry("0 2 * * *")}`,
    });
    const ran = async (schedule: number, cron: string) =>
      t.run(repository.url, { task: { do: "file", schedule, cron }, trigger: "schedule" });
    expect((await ran(1, "0 2 * * *")).stdout).toBe("at 0 2 * * *\n");
    expect((await ran(0, "0 2 * * *")).stdout).toBe("at 0 2 * * *\n");
    const gone = await ran(0, "0 3 * * *");
    expect(gone.executed).toMatchObject({ cause: "refused", reason: "schedule_gone" });
    expect(gone.stdout).toBe("");
    expect(gone.reported[0]?.schedule).toEqual([{ cron: "0 1 * * *" }, { cron: "0 2 * * *" }]);
    await repository.commit({ ".deferred-server": null });
    const without = await ran(0, "0 1 * * *");
    expect(without.executed).toMatchObject({ cause: "refused", reason: "schedule_gone" });
    expect(without.reported[0]?.schedule).toEqual([]);
  });

  test("what an older commit's file says of schedules is not reported", async () => {
    const file = (cron: string) => ({
      ".deferred-server": `commands: [echo pushed]\nschedule:\n  - cron: "${cron}"\n`,
    });
    const repository = await t.repository(file("0 1 * * *"));
    const old = await repository.git("rev-parse", "HEAD");
    const tip = await repository.commit(file("0 2 * * *"));
    const at = async (commit: string) => {
      const revision = { of: "commit", commit, ref: "refs/heads/main" } as const;
      return (await t.run(repository.url, { revision, trigger: "replay" })).reported[0]?.schedule;
    };
    expect(await at(old)).toBeUndefined();
    expect(await at(tip)).toEqual([{ cron: "0 2 * * *" }]);
  });

  test("a pushed commit that says [skip ci] runs nothing, whoever did not know its message; one that is asked for runs", async () => {
    const repository = await t.repository({ ".deferred-server": "echo ran\n" });
    const commit = await repository.commit({ a: "1" }, { message: "Release\n\n[skip ci]" });
    const revision = { of: "commit", commit, ref: "refs/pull/7/head" } as const;
    await repository.git("push", "--quiet", "origin", `${commit}:refs/pull/7/head`);
    for (const trigger of ["push", "pull_request"] as const) {
      const skipped = await t.run(repository.url, { revision, trigger });
      expect(skipped.executed).toMatchObject({ cause: "refused", reason: "commit_skips" });
      expect(skipped.executed.detail).toBe("It says [skip ci].");
      expect(skipped.stdout).toBe("");
      expect(skipped.reported[0]?.commits).toMatchObject([{ sha: commit }]);
    }
    for (const trigger of ["replay", "schedule", "exec"] as const) {
      expect((await t.run(repository.url, { revision, trigger })).stdout).toBe("ran\n");
    }
  });

  test("a caller's command runs in the work tree, with what it wants to know", async () => {
    const repository = await t.repository({ "a.txt": "hello\n" });
    const sha = await repository.git("rev-parse", "HEAD");
    const { executed, stdout } = await t.run(repository.url, {
      revision: { of: "commit", commit: sha, ref: "refs/heads/main" },
      task: {
        do: "exec",
        command:
          'cat a.txt; git status --short; git log --format=%s; env | grep -E "^(CI|DEFERRED)" | sort; pwd; touch b; echo kept >$HOME/x; cat $HOME/x',
      },
    });
    expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
    expect(stdout).toContain(
      `hello\nA change\nCI=true\nDEFERRED=1\nDEFERRED_BRANCH=main\nDEFERRED_COMMIT=${sha}\nDEFERRED_PROJECT=ada/app\nDEFERRED_REF=refs/heads/main\nDEFERRED_RUN=`,
    );
    expect(stdout).toMatch(/\/work\/app\nkept\n$/);
  });

  test("arguments are taken as they are, and a program that is not there ends with 127", async () => {
    const { url } = await t.repository({ a: "" });
    const exec = (...command: string[]) => t.run(url, { task: { do: "exec", command } });
    expect((await exec("printf", "%s|", "a b", "$HOME")).stdout).toBe("a b|$HOME|");
    const missing = await exec("no-such-program");
    expect(missing.executed).toMatchObject({ cause: "exited", exitCode: 127 });
    expect(missing.stderr).toContain("no-such-program");
  });

  test("one that leaves its output non-blocking spoils nothing for the next", async () => {
    const { url } = await t.repository({
      ".deferred-server":
        "commands:\n  - python3 -c 'import os; os.set_blocking(1, False)'\n  - seq 1 50000; echo $? >&2\n",
    });
    const { stdout, stderr } = await t.run(url);
    expect(stderr).toBe("0\n");
    expect(stdout).toMatch(/\n50000\n$/);
  });

  test("one that is too slow gets TERM, then KILL, and what it said is kept", async () => {
    const { url } = await t.repository({
      ".deferred-server":
        "timeout: 3s\ncommands: |\n  mkdir artifacts; trap 'echo cleaned; echo half >artifacts/report; exit 1' TERM\n  echo up\n  while :; do sleep 0.05; done\n",
    });
    const { executed, stdout, story, artifacts } = await t.run(url);
    expect(executed.cause).toBe("wall_time");
    expect(artifacts).toEqual({ report: "half\n" });
    expect(stdout).toBe("up\ncleaned\n");
    expect(story.at(-1)).toBe("-1");
  });

  test("what makes a file wrong refuses the run, by line and key", async () => {
    const { url } = await t.repository({ ".deferred-server": "comands: x\n" });
    const { executed, story } = await t.run(url);
    expect(executed).toMatchObject({ cause: "refused", reason: "file_invalid" });
    expect(executed.detail).toMatch(/^Line 1: comands: .*\.$/);
    expect(story.at(-1)).toBe("-1");
  });

  test("a file that is no text is refused as such, before anything of it runs", async () => {
    for (const bytes of [
      Buffer.from("echo one\necho grüße\n", "latin1"),
      Buffer.from("echo one\necho a\0b\n"),
    ]) {
      const { url } = await t.repository({ ".deferred-server": bytes });
      const { executed, stdout } = await t.run(url);
      expect(executed).toMatchObject({ cause: "refused", reason: "file_invalid" });
      expect(executed.detail).toMatch(/^Line 2: .*save the file as UTF-8\.$/);
      expect(stdout).toBe("");
    }
    const text = Buffer.from("\uFEFFecho grüße\r\nfalse\r\n", "utf16le");
    const { url } = await t.repository({ ".deferred-server": text });
    const { executed, stdout } = await t.run(url);
    expect({ code: executed.exitCode, stdout }).toEqual({ code: 1, stdout: "grüße\n" });
  });

  test("a plain file runs line by line, as bash would read it, up to the first that fails", async () => {
    const { url } = await t.repository({
      "app.py": "x = 1  # FIXME later\n",
      ".deferred-server":
        "[ -f app.py ]\ncat > f <<EOF\nenv: it's\nEOF\ncat f\n! grep -n FIXME app.py\necho never\n",
    });
    const { executed, stdout, story } = await t.run(url);
    expect(executed).toMatchObject({ cause: "exited", exitCode: 1 });
    expect(stdout).toBe("env: it's\n1:x = 1  # FIXME later\n");
    expect(story.filter((entry) => entry.startsWith("+"))).toEqual([
      "+Check out the default branch",
      "+[ -f app.py ]",
      "+cat > f <<EOF …",
      "+cat f",
      "+! grep -n FIXME app.py",
    ]);
  });

  test("a command that begins with a dash is no option of the shell that runs it", async () => {
    const { url } = await t.repository({ ".deferred-server": "commands:\n  - -ex; echo ran\n" });
    const { executed, stdout, stderr } = await t.run(url);
    expect({ code: executed.exitCode, stdout }).toEqual({ code: 0, stdout: "ran\n" });
    expect(stderr).toMatch(/-ex: command not found/);
  });

  test("commits of a run follow one another, whatever becomes of them", async () => {
    const repository = await t.repository({
      n: "1",
      ".deferred-server":
        "commands: echo $(cat n) $(ls .. | wc -l); mkdir artifacts; cp n artifacts/; test $(cat n) != 1\n",
    });
    const first = await repository.git("rev-parse", "HEAD");
    const second = await repository.commit({ n: "2" });
    const { executed, marks, stdout, artifacts } = await t.run(repository.url, {
      revision: { of: "commits", commits: [first.slice(0, 10), second] },
    });
    expect(executed).toMatchObject({ cause: "exited", exitCode: 1 });
    expect(stdout).toMatch(/^1 1\n2 1\n$/);
    expect(artifacts).toEqual({
      [`${first.slice(0, 12)}/n`]: "1",
      [`${second.slice(0, 12)}/n`]: "2",
    });
    const started = marks.filter((mark) => mark.type === "step_started");
    expect(started.map(({ step, commit }) => [step, commit])).toEqual([
      [1, undefined],
      [2, first],
      [3, first],
      [4, second],
      [5, second],
    ]);
  });

  test("a commit whose file is wrong keeps no other from its turn, and fails the run", async () => {
    const repository = await t.repository({ ".deferred-server": "comands: x\n" });
    const wrong = await repository.git("rev-parse", "HEAD");
    const right = await repository.commit({ ".deferred-server": "commands: echo ran\n" });
    const { executed, stdout, stderr } = await t.run(repository.url, {
      revision: { of: "commits", commits: [wrong, right] },
    });
    expect(executed).toMatchObject({ cause: "refused", reason: "file_invalid" });
    expect(stdout).toBe("ran\n");
    expect(stderr).toContain(`${wrong.slice(0, 7)}: Line 1: comands: there is no such key`);
  });

  test("what commands left running disturbs no other commit", async () => {
    const repository = await t.repository({ n: "1" });
    const first = await repository.git("rev-parse", "HEAD");
    const second = await repository.commit({ n: "2" });
    const { executed, artifacts } = await t.run(repository.url, {
      revision: { of: "commits", commits: [first, second, first] },
      task: {
        do: "exec",
        command:
          "cat n; mkdir -p artifacts q; cp n artifacts; (while :; do echo x >q/$RANDOM; echo $RANDOM >artifacts/n; : >artifacts/n; mkdir -p q; done) 2>/dev/null & sleep 0.1",
      },
    });
    expect(executed).toMatchObject({ cause: "exited", exitCode: 0 });
    expect(Object.keys(artifacts)).toEqual([`${first.slice(0, 12)}/n`, `${second.slice(0, 12)}/n`]);
  });

  test("runtimes are asked for by name and version, and what is not there is told", async () => {
    const asking = async (runtime: string) => {
      const { url } = await t.repository({
        ".deferred-server": `runtimes: [${runtime}]\ncommands: python3 -c 'print(1)'\n`,
      });
      return t.run(url);
    };
    expect((await asking("python")).stdout).toBe("1\n");
    const { executed } = await asking("python@2.7");
    expect(executed).toMatchObject({ cause: "refused", reason: "file_invalid" });
    expect(executed.detail).toMatch(/asks for python@2.7, and this machine has 3\.\d+/);
  });

  test("secrets reach the commands that name them, and no reader", async () => {
    const { url } = await t.repository({
      ".deferred-server":
        "secrets: [TOKEN]\ncommands: |\n  printf s3cr; sleep 0.1; printf 'et-token!'; echo $TOKEN | rev; echo $OTHER; echo $TOKEN >&2\n",
    });
    const secrets = { TOKEN: "s3cret-token", OTHER: "not named" };
    const { stdout, stderr } = await t.run(url, { secrets });
    expect(stdout).toBe("***!nekot-terc3s\n\n");
    expect(stderr).toBe("***\n");
    const missing = await t.run(url, { secrets: { OTHER: "x" } });
    expect(missing.executed).toMatchObject({ cause: "refused", reason: "file_invalid" });
    expect(missing.executed.detail).toContain("no secret TOKEN");
    const strange = await t.run(url, { secrets, stranger: true });
    expect(strange.stdout).toBe("***!\n\n");
  });

  test("a run that is stopped leaves nothing", async () => {
    const { url } = await t.repository({ a: "" });
    const stop = new AbortController();
    const { executed } = await t.run(url, {
      task: { do: "exec", command: "echo up; sleep 60" },
      signal: stop.signal,
      onOutput: () => stop.abort(),
    });
    expect(executed.cause).toBe("stopped");
  });
});
