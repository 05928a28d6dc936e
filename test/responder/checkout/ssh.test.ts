import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeRepository } from "../../services/git-repository.ts";
import { startGitServer } from "../../services/git-server.ts";
import { startSshServer, type SshServer } from "../../services/ssh-server.ts";
import { needs } from "../../needs.ts";
import { commitSubmodule, gitIn, refusalOf, startProject } from "./project.ts";

const REF = { of: "ref" } as const;

describe("a repository over ssh", needs(existsSync("/usr/sbin/sshd"), "sshd"), () => {
  let folder: string;
  let server: SshServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "deferred-sshd-"));
    server = await startSshServer(folder);
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  test("is fetched with the project's deploy key, which is nowhere afterwards", async () => {
    const { repository, checkOut, mirrors } = await startProject();
    const commit = await repository.commit({ "a.txt": "one" });
    const url = server.url(repository.bare);
    const { key: private_key, knownHosts: known_hosts } = server;
    const credential = { kind: "deploy_key", private_key, known_hosts } as const;
    const checkout = await checkOut({ url, credential, revision: { of: "commit", commit } });
    const tree = (await checkout.at(commit)).folder;
    expect(await readFile(join(tree, "a.txt"), "utf8")).toBe("one");
    expect(await gitIn(tree, "remote", "get-url", "origin")).toBe(url);
    expect(await gitIn(tree, "config", "--list")).not.toContain("ssh-");
    await checkout.close();
    const line = private_key.split("\n")[1]!;
    const search = promisify(execFile)("grep", ["-rlF", line, mirrors]);
    await expect(search).rejects.toMatchObject({ code: 1 });
    expect((await readdir(mirrors)).filter((name) => name.startsWith("secret-"))).toEqual([]);
  });

  test("is refused where the key, the host or the key's form is not the right one", async () => {
    const { repository, checkOut } = await startProject();
    await repository.commit({ "a.txt": "one" });
    const url = server.url(repository.bare);
    const detail = (private_key: string, known_hosts?: string) => {
      const credential = { kind: "deploy_key", private_key, known_hosts } as const;
      return refusalOf(checkOut({ url, credential, revision: REF }));
    };
    expect(await detail(server.otherKey, server.knownHosts)).toContain("refuses to give it out");
    expect(await detail(server.key)).toContain("ssh-keyscan");
    expect(await detail("no key", server.knownHosts)).toContain("deploy key can't be read");
    expect(await refusalOf(checkOut({ url, revision: REF }))).toContain("needs a deploy key");
  });

  test("names an organization's IP allow list where that is what keeps it", async () => {
    const { repository, checkOut } = await startProject();
    await repository.commit({ "a.txt": "one" });
    const file = join(folder, "listed");
    await promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
    const said =
      "ERROR: The acme organization has an IP allow list enabled, and your IP address is not permitted to access this resource.";
    const command = `command="echo '${said}' >&2; exit 1"`;
    await appendFile(
      join(folder, "authorized"),
      `${command} ${await readFile(`${file}.pub`, "utf8")}`,
    );
    const private_key = await readFile(file, "utf8");
    const credential = { kind: "deploy_key", private_key, known_hosts: server.knownHosts } as const;
    const asked = { url: server.url(repository.bare), credential, revision: REF };
    const detail = await refusalOf(checkOut(asked));
    expect(detail).toContain("added to the IP allow list");
    expect(detail).not.toContain("deploy key");
  });

  describe("that one host gives out over http as well", () => {
    const LOGIN = { user: "ada", token: "a-token" };

    /** A project and a submodule of its host, at the same paths over ssh and over http. */
    async function startHost(login?: typeof LOGIN) {
      const { root, repository, checkOut } = await startProject();
      const web = await startGitServer("/", { login });
      onTestFinished(() => web.close());
      const lib = await makeRepository(root, "lib");
      const inner = await lib.commit({ "lib.txt": "lib" });
      await repository.commit({ "a.txt": "one" });
      const overWeb = (path: string) => web.url + path;
      const askedForLib = () => web.requests.filter((request) => request.includes("/lib.git/"));
      return { repository, lib, inner, checkOut, overWeb, askedForLib };
    }

    test("its token fetches a submodule that is named over ssh, where it has no key", async () => {
      const { repository, lib, inner, checkOut, overWeb, askedForLib } = await startHost(LOGIN);
      const url = overWeb(repository.bare);
      const commit = await commitSubmodule(repository, {
        url: server.url(lib.bare),
        commit: inner,
      });
      const revision = { of: "commit", commit } as const;
      const credential = { kind: "token", ...LOGIN } as const;
      const checkout = await checkOut({ url, credential, revision, submodules: true });
      const tree = (await checkout.at(commit)).folder;
      expect(await readFile(join(tree, "lib/lib.txt"), "utf8")).toBe("lib");
      expect(askedForLib()).not.toEqual([]);
      await checkout.close();
    });

    test.each([
      ["kept", LOGIN],
      ["public", undefined],
    ])("its deploy key fetches a submodule that is %s over http if it has to", async (_, login) => {
      const { repository, lib, inner, checkOut, overWeb, askedForLib } = await startHost(login);
      const commit = await commitSubmodule(repository, { url: overWeb(lib.bare), commit: inner });
      const { key: private_key, knownHosts: known_hosts } = server;
      const asked = { url: server.url(repository.bare), submodules: true } as const;
      const revision = { of: "commit", commit } as const;
      const credential = { kind: "deploy_key", private_key, known_hosts } as const;
      const checkout = await checkOut({ ...asked, credential, revision });
      const tree = (await checkout.at(commit)).folder;
      expect(await readFile(join(tree, "lib/lib.txt"), "utf8")).toBe("lib");
      // Over http as it is written is tried first; only what is kept there needs the key.
      const isFetched = askedForLib().some((request) => request.startsWith("POST "));
      expect(isFetched).toBe(login === undefined);
      await checkout.close();
      if (login === undefined) return;
      const theirs = await checkOut({ ...asked, credential, revision, stranger: true });
      expect(await refusalOf(theirs.at(commit))).toContain("refuses to give it out");
      await theirs.close();
    });
  });
});
