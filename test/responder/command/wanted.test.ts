import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collectArtifacts } from "../../../responder/artifacts/collect.ts";
import { wantedFiles } from "../../../responder/command/wanted.ts";

let folder: string;
let fd: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "deferred-wanted-"));
  fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
});
afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true, force: true });
});

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), path);
  }
}

async function collect(...entries: string[]) {
  const found = await collectArtifacts(fd, { bytes: 2 ** 20 }, entries.map(wantedFiles));
  const names = found.artifacts.map(({ name }) => name);
  found.close();
  return { names, leftOut: found.leftOut };
}

test("artifacts come first, then each entry's files in its order, each once", async () => {
  await put("z.log", "a.log", "artifacts/b", "out/x/1", "out/2", "out/.3", ".git/c.log", "d/e.log");
  expect(await collect("out", "*.log", "**/*", "a.log", "none", "no/such/*", "d/e.log")).toEqual({
    names: ["b", "out/.3", "out/2", "out/x/1", "a.log", "z.log", "d/e.log"],
    leftOut: 0,
  });
  expect(await collect(".git/*", "d/e.log")).toEqual({ names: ["b", "d/e.log"], leftOut: 0 });
});

test("an entry may begin within what another one looks at, and outside of it", async () => {
  await put("a/b/c/1", "a/b/2", "a/3", "d/b/4");
  expect(await collect("a/b/c", "a/*", "d/**/4", "a/b/2").then(({ names }) => names)).toEqual([
    "a/b/c/1",
    "a/3",
    "d/b/4",
    "a/b/2",
  ]);
});

test("nothing is followed, and what can't be given is counted once", async () => {
  await put("out/file", "elsewhere/secret");
  symlinkSync("../elsewhere", join(folder, "out/folder"));
  symlinkSync("../elsewhere/secret", join(folder, "out/link"));
  symlinkSync("elsewhere", join(folder, "linked"));
  expect(await collect("out", "out/*", "linked", "linked/secret")).toEqual({
    names: ["out/file"],
    leftOut: 2,
  });
});

test(
  "a tree of 60,000 files and 30 patterns hold nothing else up",
  { timeout: 120_000 },
  async () => {
    const packages = Array.from({ length: 600 }, (_, index) => `node_modules/p${index}/lib`);
    for (const path of packages) {
      mkdirSync(join(folder, path), { recursive: true });
      const files = Array.from({ length: 100 }, (_, index) =>
        join(folder, path, `file-${index}.js`),
      );
      await Promise.all(files.map((file) => writeFile(file, "")));
    }
    await put("node_modules/p599/lib/report-29.xml");
    const patterns = Array.from({ length: 30 }, (_, index) =>
      index % 3 === 0 ? `**/r*${index}*.{xml,json}` : `**/report-${index}.xml`,
    );

    // What one turn of the event loop takes of the processor: on a busy machine it waits longer and works no more.
    let longest = 0;
    let last = process.cpuUsage();
    let isOver = false;
    const turn = () => {
      const { user, system } = process.cpuUsage(last);
      longest = Math.max(longest, (user + system) / 1000);
      last = process.cpuUsage();
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const before = process.cpuUsage();
    const { names, leftOut } = await collect(...patterns);
    const { user, system } = process.cpuUsage(before);
    isOver = true;

    expect({ names, leftOut }).toEqual({
      names: ["node_modules/p599/lib/report-29.xml"],
      leftOut: 0,
    });
    // A lease lasts 15 s, and is renewed after a third of it.
    expect(longest).toBeLessThan(500);
    expect((user + system) / 1000).toBeLessThan(10_000);
  },
);
