import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { git, GitFailure } from "../../../responder/checkout/git.ts";
import { freshFolder } from "./project.ts";

const STALL_MS = 1200;

/** A repository whose one file is written by a filter, `program`. */
async function filtered(program: string) {
  const cwd = await freshFolder();
  const inside = (...args: string[]) => execFileSync("git", ["-C", cwd, ...args]);
  inside("init", "-q");
  await writeFile(join(cwd, ".gitattributes"), "*.bin filter=slow\n");
  await writeFile(join(cwd, "a.bin"), "content\n");
  inside("add", "--all");
  inside("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "One");
  for (const name of ["a.bin", ".git/index"]) await rm(join(cwd, name));
  const config = { "filter.slow.smudge": program, "filter.slow.required": "true" };
  const signal = new AbortController().signal;
  return () =>
    git(["read-tree", "--reset", "-u", "HEAD"], {
      ...{ cwd, signal, config, stallMs: STALL_MS },
      env: { GIT_DIR: join(cwd, ".git"), GIT_WORK_TREE: cwd },
    });
}

test("a git that is silent for long while what it started writes is left to end", async () => {
  const checkOut = await filtered(
    `for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 0.25; echo $i >>.git/part; done; cat`,
  );
  const begun = performance.now();
  await checkOut();
  expect(performance.now() - begun).toBeGreaterThan(2 * STALL_MS);
});

test.each([
  ["waits for ever", "sleep 1000"],
  ["computes for ever", "while :; do :; done"],
])("a git whose filter %s is ended, and all that it started", async (_, program) => {
  const checkOut = await filtered(`${program} # deferred-stuck-${process.pid}`);
  const failure = await checkOut().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(GitFailure);
  expect((failure as GitFailure).stalled).toBe(true);
  const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
  expect(processes).not.toContain(`deferred-stuck-${process.pid}`);
});
