import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeHistory } from "../test/responder/churn/made-history.ts";
import { percentile, spread, type Bench } from "./figure.ts";

const run = promisify(execFile);
const COMMITS = 10_000;
const TIMES = 5;
const ROOT = join(import.meta.dirname, "..");

export const churn: Bench = {
  name: "churn",
  summary: `The churn report on ${COMMITS} commits, or on --repo PATH, beside git log --numstat.`,
  async run({ repo }) {
    const folder = await mkdtemp(join(tmpdir(), "deferred-bench-"));
    try {
      const work = join(folder, "work");
      if (repo === undefined) await makeHistory(work, COMMITS);
      else await run("git", ["clone", "--quiet", repo, work]);
      const options = { cwd: work, maxBuffer: 2 ** 30 };
      const count = await run("git", ["rev-list", "--count", "--no-merges", "HEAD"], options);
      const times = { report: [] as number[], log: [] as number[] };
      for (let index = 0; index < TIMES; index++) {
        const began = performance.now();
        await run(process.execPath, [join(ROOT, "responder/churn/main.ts")], options);
        const between = performance.now();
        await run("git", ["log", "--no-merges", "-M", "--numstat", "--format=%H"], options);
        times.report.push(between - began);
        times.log.push(performance.now() - between);
      }
      return [
        {
          name: `churn of ${count.stdout.trim()} commits`,
          measured: spread(times.report),
          beside: `git log -M --numstat ${spread(times.log)}`,
          value: percentile(times.report, 0.5) / 1000,
          bound: 5,
          unit: " s",
        },
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};
