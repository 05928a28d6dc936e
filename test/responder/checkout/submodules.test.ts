import { execFile } from "node:child_process";
import { readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { CommandRefusal } from "../../../responder/project-file/refusal.ts";
import { makeRepository } from "../../services/git-repository.ts";
import { startGitServer } from "../../services/git-server.ts";
import { waysTo } from "../../../responder/checkout/submodule-ways.ts";
import { commitSubmodule, freshFolder, gitIn, refusalOf, startProject, workOf } from "./project.ts";

const LOGIN = { user: "ada", token: "a-token" };

test("submodules are left out unless the project asks; then they and theirs are there, clean", async () => {
  const { root, repository, url, checkOut } = await startProject(LOGIN);
  const lib = await makeRepository(root, "lib");
  const core = await makeRepository(root, "core");
  await lib.commit({ "lib.txt": "lib" });
  const inner = await core.commit({ "core.txt": "core" });
  const outer = await commitSubmodule(lib, {
    url: "../core.git",
    path: "deep/core",
    commit: inner,
  });
  await repository.commit({ "a.txt": "one" });
  const commit = await commitSubmodule(repository, { url: "../lib.git", commit: outer });
  const asked = { url, credential: { kind: "token", ...LOGIN } } as const;
  const revision = { of: "commit", commit } as const;

  const without = await checkOut({ ...asked, revision });
  expect(await readdir(join((await without.at(commit)).folder, "lib"))).toEqual([]);
  await without.close();

  const checkout = await checkOut({ ...asked, revision, submodules: true });
  const { folder } = await checkout.at(commit);
  expect(await readFile(join(folder, "lib/lib.txt"), "utf8")).toBe("lib");
  expect(await readFile(join(folder, "lib/deep/core/core.txt"), "utf8")).toBe("core");
  expect(await gitIn(folder, "status", "--porcelain")).toBe("");
  expect(await gitIn(folder, "submodule", "status")).toContain(`${outer} lib`);
  await checkout.close();
});

test("a submodule over ssh on the project's own host is fetched by the project's own way, with its token", async () => {
  const { root, repository, url, checkOut } = await startProject(LOGIN);
  const lib = await makeRepository(root, "lib");
  const core = await makeRepository(root, "core");
  const inner = await core.commit({ "core.txt": "core" });
  await lib.commit({ "lib.txt": "lib" });
  const outer = await commitSubmodule(lib, { url: "../core.git", path: "core", commit: inner });
  await repository.commit({ "a.txt": "one" });
  const asked = { url, credential: { kind: "token", ...LOGIN }, submodules: true } as const;
  for (const written of ["git@127.0.0.1:lib.git", "ssh://git@127.0.0.1:2222/lib.git"]) {
    const commit = await commitSubmodule(repository, { url: written, commit: outer });
    const revision = { of: "commit", commit } as const;
    const checkout = await checkOut({ ...asked, revision });
    const { folder } = await checkout.at(commit);
    expect(await readFile(join(folder, "lib/core/core.txt"), "utf8")).toBe("core");
    expect(await gitIn(folder, "submodule", "status")).toContain(`${outer} lib`);
    await checkout.close();
    const theirs = await checkOut({ ...asked, revision, stranger: true });
    expect(await refusalOf(theirs.at(commit))).toContain("refuses to give it out");
    await theirs.close();
  }
  const elsewhere = await commitSubmodule(repository, {
    url: "git@127.0.0.2:lib.git",
    commit: outer,
  });
  const far = await checkOut({ ...asked, revision: { of: "commit", commit: elsewhere } });
  expect(await refusalOf(far.at(elsewhere))).toContain("needs a deploy key");
  await far.close();
});

test.each<[string, string, { url: string; credential: boolean }[]]>([
  [
    "https://forge.example/a/b.git",
    "git@forge.example:c/d.git",
    [{ url: "https://forge.example/c/d.git", credential: true }],
  ],
  [
    "https://forge.example:8443/a/b.git",
    "ssh://git@Forge.example:2222/c/d.git",
    [{ url: "https://forge.example:8443/c/d.git", credential: true }],
  ],
  [
    "git@forge.example:a/b.git",
    "https://forge.example/c/d.git",
    [
      { url: "https://forge.example/c/d.git", credential: false },
      { url: "git@forge.example:c/d.git", credential: true },
    ],
  ],
  [
    "ssh://git@forge.example:2222/a/b.git",
    "https://forge.example/c/d.git",
    [
      { url: "https://forge.example/c/d.git", credential: false },
      { url: "ssh://git@forge.example:2222/c/d.git", credential: true },
    ],
  ],
  [
    "https://forge.example/a/b.git",
    "git@other.example:c/d.git",
    [{ url: "git@other.example:c/d.git", credential: false }],
  ],
  [
    "https://forge.example/a/b.git",
    "https://forge.example:8443/c/d.git",
    [{ url: "https://forge.example:8443/c/d.git", credential: false }],
  ],
])("from %s the submodule %s is fetched so", (own, written, ways) => {
  const credential = { kind: "token", ...LOGIN } as const;
  const repository = { url: own, credential, submodules: true, lfs: false, allow_private: false };
  const work = { ...workOf({ url: own, revision: { of: "ref" } }), repository };
  const found = waysTo(written, work);
  expect(found.map((way) => ({ ...way, credential: way.credential !== undefined }))).toEqual(ways);
});

test("a stranger's submodule gets no credential, nor does one on another host", async () => {
  const { root, repository, server, url, checkOut } = await startProject(LOGIN);
  const secret = await makeRepository(root, "secret");
  const theirs = await secret.commit({ "secret.txt": "secret" });
  await repository.commit({ "a.txt": "one" });
  const other = await startGitServer(root, { login: LOGIN });
  try {
    const credential = { kind: "token", ...LOGIN } as const;
    const near = await commitSubmodule(repository, {
      url: `${server.url}/secret.git`,
      commit: theirs,
    });
    const far = await commitSubmodule(repository, {
      url: `${other.url}/secret.git`,
      commit: theirs,
    });
    for (const [commit, stranger] of [
      [near, true],
      [far, false],
    ] as const) {
      const revision = { of: "commit", commit } as const;
      const checkout = await checkOut({ url, credential, stranger, revision, submodules: true });
      expect(await refusalOf(checkout.at(commit))).toContain("refuses to give it out");
      await checkout.close();
    }
  } finally {
    await other.close();
  }
});

test("nor does one on another host that is within a submodule there", async () => {
  const { root, repository, url, checkOut } = await startProject(LOGIN);
  const other = await startGitServer(root);
  try {
    const core = await makeRepository(root, "core");
    const lib = await makeRepository(root, "lib");
    const inner = await core.commit({ "core.txt": "core" });
    await lib.commit({ "lib.txt": "lib" });
    const outer = await commitSubmodule(lib, { url: "../core.git", path: "core", commit: inner });
    await repository.commit({ "a.txt": "one" });
    const far = { url: `${other.url}/lib.git`, commit: outer };
    const commit = await commitSubmodule(repository, far);
    const credential = { kind: "token", ...LOGIN } as const;
    const revision = { of: "commit", commit } as const;
    const checkout = await checkOut({ url, credential, revision, submodules: true });
    const { folder } = await checkout.at(commit);
    expect(await readFile(join(folder, "lib/core/core.txt"), "utf8")).toBe("core");
    expect(other.authorizations).toEqual([]);
    await checkout.close();
  } finally {
    await other.close();
  }
});

test.each([["ext::sh -c 'touch TRAP'"], ["--upload-pack=touch TRAP"]])(
  "a submodule at %s is refused",
  async (address) => {
    const { root, repository, url, checkOut } = await startProject();
    const trap = join(root, "trap");
    const kept = await repository.commit({ "a.txt": "one" });
    const theirs = { url: address.replace("TRAP", trap), commit: kept, name: "../../evil" };
    const commit = await commitSubmodule(repository, theirs);
    const checkout = await checkOut({ url, revision: { of: "commit", commit }, submodules: true });
    expect(await refusalOf(checkout.at(commit))).toContain("is not fetched from");
    await checkout.close();
    await expect(stat(trap)).rejects.toThrow("ENOENT");
  },
);

test("what a repository would have run at a checkout does not run", async () => {
  const { root, repository, url, checkOut } = await startProject();
  const trap = join(root, "trap");
  const filter = `[filter "evil"]\n\tsmudge = touch ${trap}; cat\n\trequired = true\n`;
  const commit = await repository.commit({
    ".gitattributes": "* filter=evil diff=evil merge=evil text eol=crlf\n*.bin filter=lfs\n",
    ".gitconfig": filter,
    ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:9\n",
    "hooks/post-checkout": `#!/bin/sh\ntouch ${trap}\n`,
    ".githooks/post-checkout": `#!/bin/sh\ntouch ${trap}\n`,
    config: filter,
    "a.txt": "one\n",
  });
  const checkout = await checkOut({ url, revision: { of: "commit", commit } });
  const { folder } = await checkout.at(commit);
  expect(await readFile(join(folder, "a.txt"), "utf8")).toMatch(/^one\r?\n$/);
  await expect(stat(trap)).rejects.toThrow("ENOENT");
  await checkout.close();
});

test.each([
  ["a link and a folder of one name", "120000 blob LINK\tout\n040000 tree TREE\tout\n"],
  ["a folder .git", "040000 tree TREE\t.git\n"],
  ["a folder that leads up", "040000 tree TREE\t..\n"],
])("a tree with %s writes nothing outside", async (_, entries) => {
  const { repository, url, checkOut } = await startProject();
  const outside = await freshFolder();
  await symlink(outside, join(repository.work, "link"));
  await repository.commit({ "in/stolen.txt": "one" });
  const object = (name: string) => repository.git("rev-parse", `HEAD:${name}`);
  const listed = entries.replaceAll("LINK", await object("link"));
  const file = join(repository.work, "entries");
  await writeFile(file, listed.replaceAll("TREE", await object("in")));
  const make = `git -C '${repository.work}' mktree < '${file}'`;
  const { stdout } = await promisify(execFile)("sh", ["-c", make]);
  const who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  const tree = stdout.trim();
  const commit = await repository.git(...who, "commit-tree", tree, "-m", "Evil");
  await repository.git("push", "--quiet", "--force", "origin", `${commit}:refs/heads/main`);
  const checkout = await checkOut({ url, revision: { of: "commit", commit } });
  const at = checkout.at(commit).then(
    ({ folder }) => folder,
    (error: unknown) => error,
  );
  if (typeof (await at) !== "string") expect(await at).toBeInstanceOf(CommandRefusal);
  expect(await readdir(outside)).toEqual([]);
  await checkout.close();
  expect(await readdir(outside)).toEqual([]);
});
