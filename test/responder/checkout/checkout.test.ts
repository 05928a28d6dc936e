import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Revision } from "../../../protocol/command.ts";
import { makeRepository } from "../../services/git-repository.ts";
import { gitIn, OWNER, startProject } from "./project.ts";

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
