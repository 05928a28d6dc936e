import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { gitIn, startProject } from "./project.ts";

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
