import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Revision } from "../../../protocol/command.ts";
import { makeRepository } from "../../services/git-repository.ts";
import { gitIn, OWNER, refusalOf, startProject } from "./project.ts";

const run = promisify(execFile);
const MAIN = "refs/heads/main";

test("a pushed commit is there by its branch, clean, as a repository that works", async () => {
  const { repository, url, checkOut } = await startProject();
  await repository.commit({ "a.txt": "one\n" });
  const commit = await repository.commit(
    { ".deferred-server": "make test\n", "b.sh": "#!/bin/sh\n" },
    {
      message: "Two\n\nWith a body",
      author: { name: "Zoë", email: "z@example.org" },
      at: "2026-11-01T10:00:00Z",
    },
  );
  const checkout = await checkOut({ url, revision: { of: "commit", commit, ref: MAIN } });
  expect(checkout).toMatchObject({ ref: MAIN, defaultBranch: "main" });
  expect(checkout.commits).toEqual([
    {
      sha: commit,
      message: "Two\n\nWith a body",
      author_name: "Zoë",
      author_email: "z@example.org",
      committed_at: "2026-11-01T10:00:00.000Z",
    },
  ]);
  const { folder, file } = await checkout.at(commit);
  expect(file?.commands).toEqual([{ name: "make test", run: "make test" }]);
  expect(await gitIn(folder, "rev-parse", "HEAD")).toBe(commit);
  expect(await gitIn(folder, "branch", "--show-current")).toBe("main");
  expect(await gitIn(folder, "status", "--porcelain", "--branch")).toBe("## main...origin/main");
  expect(await gitIn(folder, "remote", "get-url", "origin")).toBe(url);
  expect(await gitIn(folder, "rev-list", "--count", "HEAD")).toBe("1");
  const script = await stat(join(folder, "b.sh"));
  expect(script.mode & 0o777).toBe(0o755);
  if (OWNER !== undefined) expect(script.uid).toBe(OWNER);
  await checkout.close();
  await expect(readdir(folder)).rejects.toThrow("ENOENT");
});

test("the files that a push changed are known for conditions, up to a thousand", async () => {
  const { repository, url, checkOut } = await startProject();
  const file = "commands:\n  - run: make\n    when: { path: src }\n";
  const first = await repository.commit({ ".deferred-server": file, "a b": "1", gone: "" });
  const second = await repository.commit({ "a b": "2", "src/ü": "", gone: null });
  const many = Array.from({ length: 1001 }, (_, number) => [`src/${number}`, ""] as const);
  const third = await repository.commit(Object.fromEntries(many));
  const changed = async (commit: string, before: string) => {
    const revision = { of: "commit", commit, ref: MAIN, before } as const;
    const checkout = await checkOut({ url, revision });
    const tree = await checkout.at(commit);
    await checkout.close();
    return tree.changed;
  };
  expect(await changed(second, first)).toEqual(["a b", "gone", "src/ü"]);
  expect(await changed(third, second)).toBeUndefined();
  expect(await changed(second, "e".repeat(40))).toBeUndefined();
});

test("each of several commits has a tree of its own, which nothing done to another one reaches", async () => {
  const { repository, url, checkOut, root } = await startProject();
  const first = await repository.commit({ "a.txt": "one\n", ".deferred-server": "one" });
  const second = await repository.commit({ "a.txt": "two\n", ".deferred-server": "two" });
  const commits = [first.slice(0, 9), second];
  const checkout = await checkOut({ url, revision: { of: "commits", commits } });
  expect(checkout.commits.map(({ sha }) => sha)).toEqual([first, second]);
  const one = await checkout.at(first);
  // What commands might leave for git to run.
  const trap = join(root, "trapped");
  for (const setting of [
    "core.fsmonitor",
    "core.sshCommand",
    "filter.x.smudge",
    "core.hooksPath",
  ]) {
    await gitIn(one.folder, "config", setting, `touch ${trap}`);
  }
  await gitIn(one.folder, "config", "include.path", "/work/evil");
  await writeFile(join(one.folder, ".gitattributes"), "* filter=x\n");
  const two = await checkout.at(second);
  expect([one, two].map(({ file }) => file?.commands[0]?.run)).toEqual(["one", "two"]);
  expect(two.folder).not.toBe(one.folder);
  expect(await readFile(join(two.folder, "a.txt"), "utf8")).toBe("two\n");
  expect(await gitIn(two.folder, "status", "--porcelain", "--branch")).toBe("## HEAD (no branch)");
  await expect(stat(trap)).rejects.toThrow("ENOENT");
  await checkout.close();
});

test("history is as deep as the file says, with tags where it is whole", async () => {
  const { repository, url, checkOut } = await startProject();
  await repository.commit({ "a.txt": "1" });
  await repository.git("tag", "v1.0");
  await repository.git("push", "--quiet", "origin", "v1.0");
  await repository.commit({ "a.txt": "2" });
  const three = await repository.commit({ "a.txt": "3", ".deferred-server": "history: 2\n" });
  const full = await repository.commit({ ".deferred-server": "history: full\n" });
  const without = await repository.commit({ ".deferred-server": null });
  const counted = async (commit: string) => {
    const task = { do: "file" } as const;
    const checkout = await checkOut({ url, task, revision: { of: "commit", commit, ref: MAIN } });
    const { folder } = await checkout.at(commit);
    const count = await gitIn(folder, "rev-list", "--count", "HEAD");
    const described = await gitIn(folder, "describe", "--tags", "--always");
    await checkout.close();
    return `${count} ${described.replace(commit.slice(0, 7), "…")}`;
  };
  expect(await counted(three)).toBe("2 …");
  expect(await counted(full)).toBe("4 v1.0-3-g…");
  expect(await counted(three)).toBe("2 …");
  // A churn report is about nothing but history.
  expect(await counted(without)).toBe("5 v1.0-4-g…");
});

test("a branch, a tag and the default branch are found by their names", async () => {
  const { repository, url, checkOut } = await startProject();
  const tagged = await repository.commit({ "a.txt": "1" });
  await repository.git(
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b.c",
    "tag",
    "-a",
    "-m",
    "One",
    "v1",
  );
  await repository.git("push", "--quiet", "origin", "v1");
  const tip = await repository.commit({ "a.txt": "2" });
  const other = await repository.commit({ "a.txt": "3" }, { branch: "fix/it" });
  const found = async (ref: string | undefined) => {
    const checkout = await checkOut({ url, revision: { of: "ref", ref } });
    await checkout.close();
    return [checkout.ref, checkout.commits[0]!.sha, checkout.defaultBranch];
  };
  expect(await found(undefined)).toEqual([MAIN, tip, "main"]);
  expect(await found("fix/it")).toEqual(["refs/heads/fix/it", other, "main"]);
  expect(await found("v1")).toEqual(["refs/tags/v1", tagged, "main"]);
  expect(await found(MAIN)).toEqual([MAIN, tip, "main"]);
  expect((await found(tagged.slice(0, 8)))[1]).toBe(tagged);
});

test("a commit is the default branch's tip while that branch is there, and no longer", async () => {
  const { repository, url, checkOut } = await startProject();
  const isTip = async (revision: Revision) => {
    const checkout = await checkOut({ url, revision, trigger: "replay" });
    await checkout.close();
    return checkout.isDefaultTip;
  };
  const first = await repository.commit({ "a.txt": "1" });
  expect(await isTip({ of: "commit", commit: first, ref: MAIN })).toBe(true);
  const tip = await repository.commit({ "a.txt": "2" });
  const other = await repository.commit({ "a.txt": "3" }, { branch: "fix/it" });
  expect(await isTip({ of: "commit", commit: first, ref: MAIN })).toBe(false);
  expect(await isTip({ of: "commit", commit: tip, ref: MAIN })).toBe(true);
  expect(await isTip({ of: "commit", commit: tip })).toBe(false);
  expect(await isTip({ of: "commit", commit: other, ref: "refs/heads/fix/it" })).toBe(false);
  expect(await isTip({ of: "ref" })).toBe(true);
  expect(await isTip({ of: "ref", ref: "fix/it" })).toBe(false);
});

describe("a run of a tag's push", () => {
  const v1 = "refs/tags/v1";
  const identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
  /** What git calls the commit that is checked out, and the kind of the object that the tag names. */
  const described = async (folder: string) => [
    await gitIn(folder, "describe", "--tags", "--exact-match"),
    await gitIn(folder, "cat-file", "-t", v1),
  ];

  test.each([
    ["lightweight", [], "commit"],
    ["annotated", ["-a", "-m", "One"], "tag"],
  ])("has the %s tag in its work tree", async (_, options, kind) => {
    const { repository, url, checkOut } = await startProject();
    const commit = await repository.commit({ "a.txt": "1" });
    await repository.git(...identity, "tag", ...options, "v1");
    await repository.git("push", "--quiet", "origin", "v1");
    await repository.commit({ "a.txt": "2" });
    for (const revision of [
      { of: "commit", commit, ref: v1 },
      { of: "ref", ref: "v1" },
    ] as const) {
      const checkout = await checkOut({ url, revision });
      const { folder } = await checkout.at(commit);
      expect(await described(folder)).toEqual(["v1", kind]);
      expect(await gitIn(folder, "status", "--short")).toBe("");
      await checkout.close();
    }
  });

  test("has it with the whole history, too, beside the other tags", async () => {
    const { repository, url, checkOut } = await startProject();
    await repository.commit({ "a.txt": "0", ".deferred-server": "commands: [x]\nhistory: full\n" });
    await repository.git("tag", "v0");
    const commit = await repository.commit({ "a.txt": "1" });
    await repository.git(...identity, "tag", "-a", "-m", "One", "v1");
    await repository.git("push", "--quiet", "origin", "v0", "v1");
    const checkout = await checkOut({ url, revision: { of: "commit", commit, ref: v1 } });
    const { folder } = await checkout.at(commit);
    expect(await described(folder)).toEqual(["v1", "tag"]);
    expect(await gitIn(folder, "tag", "--list")).toBe("v0\nv1");
    expect(await gitIn(folder, "log", "--format=%h")).toHaveLength(15);
    await checkout.close();
  });

  test.each([
    ["moved on", ["tag", "--force", "v1"], ["push", "--quiet", "--force", "origin", "v1"]],
    ["is gone", ["tag", "-d", "v1"], ["push", "--quiet", "--delete", "origin", "v1"]],
  ])("has it where it was pushed, though it %s meanwhile", async (_, change, push) => {
    const { repository, url, checkOut } = await startProject();
    const commit = await repository.commit({ "a.txt": "1" });
    await repository.git("tag", "v1");
    await repository.git("push", "--quiet", "origin", "v1");
    await repository.commit({ "a.txt": "2" });
    await repository.git(...change);
    await repository.git(...push);
    const checkout = await checkOut({ url, revision: { of: "commit", commit, ref: v1 } });
    const { folder } = await checkout.at(commit);
    expect(await described(folder)).toEqual(["v1", "commit"]);
    expect(await gitIn(folder, "rev-parse", "HEAD")).toBe(commit);
    await checkout.close();
  });
});

test("a repository of SHA-256 is found by name as by id, also where one of SHA-1 was before", async () => {
  const { root, repository, url, checkOut, mirrors } = await startProject();
  await repository.commit({ "a.txt": "old" });
  await (await checkOut({ url, revision: { of: "ref" } })).close();
  await run("rm", ["-r", repository.bare, repository.work]);
  const made = await makeRepository(root, "app", "sha256");
  const commit = await made.commit({ "a.txt": "new" });
  await made.git("tag", "v1");
  await made.git("push", "--quiet", "origin", "v1");
  expect(commit).toHaveLength(64);
  const revisions: Revision[] = [
    { of: "ref" },
    { of: "ref", ref: "v1" },
    { of: "commits", commits: [commit.slice(0, 8)] },
    { of: "history", days: 3 },
    { of: "commit", commit, ref: MAIN },
  ];
  for (const revision of revisions) {
    const checkout = await checkOut({ url, revision });
    expect(checkout.commits.map(({ sha }) => sha)).toEqual([commit]);
    const { folder } = await checkout.at(commit);
    expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("new");
    expect(await gitIn(folder, "rev-parse", "HEAD")).toBe(commit);
    await checkout.close();
  }
  // Where it never was of SHA-1, nothing is left of having looked.
  const fresh = await checkOut({ url, revision: { of: "ref" }, project: "ada/other" });
  await fresh.close();
  const folders = (await readdir(mirrors)).filter((name) => /^[0-9a-f]{32}$/.test(name));
  expect(folders).toHaveLength(3);
});

test("the last commit of each day is taken, along first parents", async () => {
  const { repository, url, checkOut } = await startProject();
  const at = (time: string) => repository.commit({ "a.txt": time }, { at: time });
  await at("2026-10-01T12:00:00Z"); // Too old.
  const first = await at("2026-11-18T00:00:00Z");
  await at("2026-11-20T08:00:00Z");
  const second = await at("2026-11-21T01:30:00+02:00"); // Still the 20th.
  const third = await at("2026-11-22T09:00:00Z");
  const revision = { of: "history", days: 5 } as const;
  const now = () => Date.parse("2026-11-22T10:00:00Z");
  const checkout = await checkOut({ url, revision, now });
  expect(checkout.commits.map(({ sha }) => sha)).toEqual([first, second, third]);
  await checkout.close();
  const none = checkOut({ url, revision, now: () => Date.parse("2027-11-22T10:00:00Z") });
  expect(await refusalOf(none)).toContain("no commit of the last 5 days");
});

test("a stranger's commit runs with the base commit's file", async () => {
  const { repository, url, checkOut } = await startProject();
  const base = await repository.commit({ ".deferred-server": "safe" });
  const fork = await repository.commit({ ".deferred-server": "evil" }, { branch: "fork" });
  await repository.git("push", "--quiet", "origin", "fork:refs/pull/7/head");
  const checkout = await checkOut({
    url,
    stranger: true,
    revision: { of: "commit", commit: fork, ref: "refs/pull/7/head" },
    task: { do: "file", file_from: base },
  });
  const { file, folder } = await checkout.at(fork);
  expect(file?.commands[0]?.run).toBe("safe");
  expect(await readFile(join(folder, ".deferred-server"), "utf8")).toBe("evil");
  await checkout.close();
});

describe("the mirror", () => {
  test("shares no file with a tree, and serves what it has without the repository", async () => {
    const { repository, server, url, checkOut, mirrors } = await startProject();
    const commit = await repository.commit({ "a.txt": "one" });
    const revision = { of: "commit", commit, ref: MAIN } as const;
    await (await checkOut({ url, revision })).close();
    const asked = server.requests.length;
    const checkout = await checkOut({ url, revision });
    const { folder } = await checkout.at(commit);
    expect(server.requests.length).toBe(asked);
    const { stdout } = await run("find", [folder, mirrors, "-type", "f", "-links", "+1"]);
    expect(stdout).toBe("");
    await expect(stat(join(folder, ".git/objects/info/alternates"))).rejects.toThrow("ENOENT");
    await checkout.close();
  });

  test.each([
    [
      "whose packs are cut short",
      "find MIRROR -name '*.pack' -exec chmod u+w {} + -exec truncate -s 40 {} +",
      false,
    ],
    ["whose packs are gone", "find MIRROR -name '*.pack' -delete", false],
    ["that a killed git left locked", "touch MIRROR/shallow.lock", true],
    ["without settings", "rm MIRROR/config MIRROR/HEAD", true],
    ["that is empty", "rm -r MIRROR/*", true],
  ])("%s is healed", async (_, damage, isThrownAway) => {
    const { repository, url, checkOut, mirrors, said } = await startProject();
    const first = await repository.commit({ "a.txt": "one", "b.txt": "b" });
    const before = await checkOut({ url, revision: { of: "commit", commit: first, ref: MAIN } });
    await before.close();
    const second = await repository.commit({ "a.txt": "two" });
    const name = (await readdir(mirrors)).find((one) => /^[0-9a-f]{32}$/.test(one))!;
    await run("sh", ["-c", damage.replaceAll("MIRROR", join(mirrors, name))]);
    const checkout = await checkOut({ url, revision: { of: "commit", commit: second, ref: MAIN } });
    const { folder } = await checkout.at(second);
    expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("two");
    expect(await readFile(join(folder, "b.txt"), "utf8")).toBe("b");
    await checkout.close();
    // Git may have fetched what it missed by itself.
    if (isThrownAway) expect(said.join("\n")).toContain("a mirror was made anew");
  });

  test("is made anew while a run has it open, too", async () => {
    const { repository, url, checkOut, mirrors } = await startProject();
    const commit = await repository.commit({ "a.txt": "one" });
    const checkout = await checkOut({ url, revision: { of: "commit", commit, ref: MAIN } });
    await run("sh", ["-c", `rm -r ${mirrors}/*/HEAD`]);
    const { folder } = await checkout.at(commit);
    expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("one");
    await checkout.close();
  });

  test("is shared by attempts at one time", async () => {
    const { repository, url, checkOut } = await startProject();
    const commits: string[] = [];
    for (const text of ["1", "2", "3", "4"])
      commits.push(await repository.commit({ "a.txt": text }));
    const texts = commits.map(async (commit) => {
      const checkout = await checkOut({ url, revision: { of: "commit", commit, ref: MAIN } });
      const { folder } = await checkout.at(commit);
      const text = await readFile(join(folder, "a.txt"), "utf8");
      await checkout.close();
      return text;
    });
    expect(await Promise.all(texts)).toEqual(["1", "2", "3", "4"]);
  });

  test("leaves nothing of a responder that was killed, keys least of all", async () => {
    const { repository, url, checkOut, mirrors } = await startProject();
    const commit = await repository.commit({ "a.txt": "one" });
    const left = join(mirrors, "secret-999999999-1-abcdef");
    await mkdir(left, { recursive: true });
    await writeFile(join(left, "key"), "secret");
    await (await checkOut({ url, revision: { of: "commit", commit } })).close();
    const names = (await readdir(mirrors)).filter((name) => !/^[0-9a-f]{32}(\.lock)?$/.test(name));
    expect(names).toEqual([]);
  });

  test("of another project is never used, nor that of strangers", async () => {
    const { repository, url, server, checkOut } = await startProject();
    const commit = await repository.commit({ "a.txt": "one" });
    const revision = { of: "commit", commit } as const;
    for (const whose of [{}, { project: "eve/app" }, { stranger: true }]) {
      const asked = server.requests.length;
      await (await checkOut({ url, revision, ...whose })).close();
      expect(server.requests.length).toBeGreaterThan(asked);
    }
  });
});
