import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newKeyPair } from "../blocks/keys.ts";
import { percentile, spread, type Bench, type Figure } from "./figure.ts";

const COMMAND = join(import.meta.dirname, "../cli/deferred.mjs");
const PAGES = 100;
const TRIES = 5;
/** Prints the processor time of a whole process, in microseconds, as its last line. */
const METER = `data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();console.log(user+system)})`;

/** A page of 20 kB with three blocks of 20 highlighted lines. */
function page(number: number): string {
  const text = `<p>${"Some text of a post. ".repeat(80)}</p>`;
  const blocks = [0, 1, 2].map((nth) => {
    const lines = Array.from(
      { length: 20 },
      (_, line) =>
        `<span style="display:flex;"><span><span class="k">print</span>(<span class="s">"${number} ${nth} ${line}"</span>)\n</span></span>`,
    );
    return `${text}<div class="highlight" data-deferred="cache=1h"><pre tabindex="0"><code class="language-python" data-lang="python">${lines.join("")}</code></pre></div>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${number}</title><article>${blocks.join("")}</article></html>`;
}

async function build(folder: string): Promise<void> {
  for (let number = 0; number < PAGES; number++) {
    const path = join(folder, "public", String(number));
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "index.html"), page(number));
  }
}

export const site: Bench = {
  name: "site",
  summary:
    "sign site and verify --site over 100 pages with 300 blocks: processor time, start included.",
  async run() {
    const folder = await mkdtemp(join(tmpdir(), "deferred-bench-site-"));
    const { privateJwk } = await newKeyPair();
    const env = {
      PATH: process.env["PATH"],
      DEFERRED_DATA: join(folder, "data"),
      DEFERRED_URL: "https://runner.example",
      DEFERRED_SIGNING_KEY: JSON.stringify(privateJwk),
    };
    /** Milliseconds of processor time. */
    const measure = (...args: string[]): number => {
      const node = ["--import", METER, COMMAND, ...args];
      const { stdout, stderr, status } = spawnSync(process.execPath, node, {
        cwd: folder,
        env,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stdout + stderr);
      return Number(stdout.trimEnd().split("\n").at(-1)) / 1000;
    };
    const figure = (name: string, times: number[], bound: number): Figure => ({
      name,
      measured: spread(times),
      beside: "",
      value: percentile(times, 0.5) / 1000,
      bound,
      unit: " s",
    });
    try {
      const times = { first: [] as number[], again: [] as number[], verify: [] as number[] };
      for (let tried = 0; tried < TRIES; tried++) {
        await build(folder);
        await rm(join(folder, "deferred-blocks.lock.json"), { force: true });
        times.first.push(measure("sign", "site", "public"));
        await build(folder);
        times.again.push(measure("sign", "site", "public"));
        times.verify.push(measure("verify", "--site", "public", "--offline"));
      }
      return [
        figure("sign site, 300 new blocks", times.first, 2),
        figure("sign site, 300 known blocks", times.again, 2),
        figure("verify --site, 300 blocks", times.verify, 1),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
