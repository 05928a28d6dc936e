import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkedRequest } from "../../../responder/checkout/checked-request.ts";
import { makeRepository } from "../../services/git-repository.ts";
import { startGitServer } from "../../services/git-server.ts";
import { freshFolder, gitIn, refusalOf, startMachine, startProject } from "./project.ts";

const CONTENT = "large\n".repeat(1000);

test.skipIf(!existsSync("/usr/bin/git-lfs"))(
  "large files are fetched where the project asks, and from its own repository alone",
  async () => {
    const { repository, checkOut } = await startProject();
    const { work, bare } = repository;
    const git = promisify(execFile);
    await repository.git("lfs", "install", "--local");
    await repository.git("lfs", "track", "*.bin");
    await writeFile(join(work, "a.bin"), CONTENT);
    const lfsconfig = "[lfs]\n\turl = http://127.0.0.1:9/elsewhere\n";
    await git("git", ["-C", work, "config", "lfs.url", `file://${bare}`]);
    const commit = await repository.commit({ "b.txt": "b", ".lfsconfig": lfsconfig });
    const asked = { url: `file://${bare}`, revision: { of: "commit", commit } } as const;

    const without = await checkOut(asked);
    const pointer = await readFile(join((await without.at(commit)).folder, "a.bin"), "utf8");
    expect(pointer).toMatch(/^version https:\/\/git-lfs/);
    await without.close();

    const checkout = await checkOut({ ...asked, lfs: true });
    const { folder } = await checkout.at(commit);
    expect(await readFile(join(folder, "a.bin"), "utf8")).toBe(CONTENT);
    expect(await gitIn(folder, "status", "--porcelain")).toBe("");
    await checkout.close();
  },
);

const LOGIN = { user: "ada", token: "a-token" };

/** A host that speaks git-lfs's API and keeps the contents elsewhere. */
async function startHost(content: string) {
  const root = await freshFolder();
  const repository = await makeRepository(root, "app");
  const oid = createHash("sha256").update(CONTENT).digest("hex");
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${CONTENT.length}\n`;
  const commit = await repository.commit({
    ".gitattributes": "*.bin filter=lfs\n",
    "a.bin": pointer,
  });
  const store = await startGitServer(root, {
    also: (_, response) => Boolean(response.end(content)),
  });
  const server = await startGitServer(root, {
    login: LOGIN,
    also(request, response) {
      if (request.url !== "/app.git/info/lfs/objects/batch") return false;
      const download = { href: `${store.url}/${oid}`, header: { "x-signed": "yes" } };
      response.end(
        JSON.stringify({ objects: [{ oid, size: CONTENT.length, actions: { download } }] }),
      );
      return true;
    },
  });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  const url = `${server.url}/app.git`;
  const credential = { kind: "token", ...LOGIN } as const;
  const revision = { of: "commit", commit } as const;
  return { store, commit, asked: { url, credential, revision, lfs: true } };
}

describe.skipIf(!existsSync("/usr/bin/git-lfs"))("large files of a host's own API", () => {
  test("are fetched from where it says, which is not told the project's token", async () => {
    const { store, commit, asked } = await startHost(CONTENT);
    const { checkOut } = await startMachine();
    const checkout = await checkOut(asked);
    const { folder } = await checkout.at(commit);
    expect(await readFile(join(folder, "a.bin"), "utf8")).toBe(CONTENT);
    expect(await gitIn(folder, "status", "--porcelain")).toBe("");
    expect(store.requests).toHaveLength(1);
    expect(store.authorizations).toEqual([]);
    await checkout.close();
  });

  test.each([
    ["what came is not", "other"],
    ["more came than", `${CONTENT}more`],
  ])("are refused where %s what was committed", async (why, content) => {
    const { commit, asked } = await startHost(content);
    const { checkOut } = await startMachine();
    const checkout = await checkOut(asked);
    expect(await refusalOf(checkout.at(commit))).toContain(why);
    await checkout.close();
  });
});

test.each([
  "http://example.org/",
  "https://127.0.0.1/",
  "https://localhost/",
  "https://[::ffff:127.0.0.1]/",
  "https://169.254.169.254/latest/meta-data/",
  "https://2130706433/",
  "file:///etc/passwd",
])("what a host's answer says to be at %s is not asked for", async (url) => {
  const asking = checkedRequest({
    method: "GET",
    url,
    headers: {},
    allowPrivate: false,
    signal: new AbortController().signal,
  });
  expect(await refusalOf(asking)).toContain("which is not fetched from");
});
