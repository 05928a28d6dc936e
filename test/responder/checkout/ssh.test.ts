import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { startSshServer, type SshServer } from "../../services/ssh-server.ts";
import { gitIn, refusalOf, startProject } from "./project.ts";

const REF = { of: "ref" } as const;

describe.skipIf(!existsSync("/usr/sbin/sshd"))("a repository over ssh", () => {
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
});
