import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pagePaths, paths } from "../../protocol/paths.ts";
import { dataFolder } from "../../server/settings/data-folder.ts";
import { composeServer } from "../../test/systems/in-process.ts";
import { type Bench, type Figure, percentile, spread } from "../figure.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import { fillBlocks, type FilledBlocks } from "./fill-blocks.ts";
import { fillDatabase, type Filled } from "./fill.ts";

const RUNS = 100_000;
const PROJECTS = 200;
const LOADS = 15;
const BOUND_MS = 50;
const BOUND_KB = 30;

const filters = [
  "branch:main",
  "state:failed",
  "state:unsuccessful",
  "branch:main state:timed_out",
  "author:ada",
  "author:nobody",
  "cause:schedule cache",
  "no such title",
];

function pagesOfBlocks({ slug, block }: FilledBlocks): string[] {
  return [
    pagePaths.blocks(slug),
    `${pagePaths.blocks(slug)}?q=figure+7`,
    pagePaths.ownBlock(slug, block),
    pagePaths.block(slug, block),
    pagePaths.sign(slug),
    pagePaths.project(slug),
    `${pagePaths.runs(slug)}?q=kind:block`,
    `${pagePaths.runs(slug)}?q=kind:block+no+such+title`,
    `${pagePaths.runs(slug)}?q=block:${block}`,
    `${pagePaths.runs(slug)}?q=block:${block}+state:failed`,
    `${pagePaths.feed(slug)}?kind=block`,
  ];
}

function pagesOf({ slug, run, sha, machine }: Filled): string[] {
  const runs = pagePaths.runs(slug);
  return [
    "/",
    pagePaths.projects,
    `${pagePaths.projects}?q=service-1`,
    pagePaths.project(slug),
    `${pagePaths.project(slug)}?branch=main`,
    runs,
    `${runs}?oldest=1`,
    ...filters.map((q) => `${runs}?${new URLSearchParams({ q })}`),
    pagePaths.run(slug, run),
    `${pagePaths.run(slug, run)}?q=promises`,
    pagePaths.commit(slug, sha),
    pagePaths.deliveries(slug),
    pagePaths.notices(slug),
    pagePaths.members(slug),
    pagePaths.settings(slug),
    pagePaths.secrets(slug),
    pagePaths.projectAudit(slug),
    `${pagePaths.projectAudit(slug)}?action=KEY_7`,
    pagePaths.projectMachines(slug),
    pagePaths.operator,
    pagePaths.machines,
    pagePaths.machine(machine),
    pagePaths.audit,
    `${pagePaths.audit}?actor=nobody`,
    `${pagePaths.audit}?action=no-such-path`,
    pagePaths.users,
  ];
}

export const pages: Bench = {
  name: "pages",
  summary: `Each page of a project with ${RUNS} runs, and of one whose blocks ran ${RUNS} times, among ${PROJECTS} others.`,
  async run() {
    const data = await mkdtemp(join(tmpdir(), "deferred-bench-"));
    const options = { data, url: "http://127.0.0.1:8080" };
    try {
      const first = await composeServer(options);
      await first.close();
      const filled = await fillDatabase(dataFolder(data).database, {
        ...{ runs: RUNS, projects: PROJECTS, now: Date.now() },
      });
      const database = await openSqlite(dataFolder(data).database);
      const blocks = await fillBlocks(database, { runs: RUNS, now: Date.now(), url: options.url });
      await database.close();
      const system = await composeServer(options);
      const cookie = await signIn(system);
      const load = (path: string) =>
        system.app.request(path, {
          headers: { accept: "text/html", "accept-encoding": "gzip, br", cookie },
        });
      const figures: Figure[] = [];
      const all = [...pagesOf(filled), ...pagesOfBlocks(blocks)];
      for (const path of all) figures.push(await measure(path, load));
      await system.stopMachines();
      await system.close();
      return figures;
    } finally {
      await rm(data, { recursive: true, force: true });
    }
  },
};

async function measure(
  path: string,
  load: (path: string) => Response | Promise<Response>,
): Promise<Figure> {
  const times: number[] = [];
  let bytes = 0;
  for (let repeat = 0; repeat < LOADS; repeat++) {
    const began = process.cpuUsage();
    const response = await load(path);
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    bytes = (await response.arrayBuffer()).byteLength;
    const { user, system } = process.cpuUsage(began);
    times.push((user + system) / 1000);
  }
  const kilobytes = bytes / 1000;
  return {
    name: decodeURIComponent(path).replace(/[0-9a-z]{26,}/g, "ID"),
    value: percentile(times, 0.5),
    bound: BOUND_MS,
    unit: " ms",
    measured: spread(times),
    beside: `${kilobytes.toFixed(1)} kB on the wire${kilobytes > BOUND_KB ? ", over 30" : ""}`,
  };
}

async function signIn(system: Awaited<ReturnType<typeof composeServer>>): Promise<string> {
  const token = await readFile(system.folder.ownerToken, "utf8");
  const made = await system.app.request(paths.signInLinks, {
    method: "POST",
    headers: { authorization: `Bearer ${token.trim()}` },
  });
  const { url } = (await made.json()) as { url: string };
  const followed = await system.app.request(new URL(url).pathname);
  return followed.headers.get("set-cookie")!.split(";")[0]!;
}
