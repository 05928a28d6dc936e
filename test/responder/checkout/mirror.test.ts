import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { startProject } from "./project.ts";

const run = promisify(execFile);

const MAIN = "refs/heads/main";

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
