import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Revision } from "../../../protocol/command.ts";
import { gitIn, refusalOf, startProject } from "./project.ts";

const MAIN = "refs/heads/main";

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
