import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { storageKeys } from "../../protocol/paths.ts";
import type { Result, RunCreated } from "../../protocol/run.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import { randomFrom } from "../random-from.ts";
import { startFaulty, type FaultySystem } from "./faulty-system.ts";
import { follow } from "./follower.ts";
import { checkFiles, noted, nothingYet, wrongs, type StormFigures } from "./storm-figures.ts";
import { startPushes, type Pushes } from "./storm-pushes.ts";

export interface Storm {
  /** Of blocks. */
  runs: number;
  /** Of a project's commands, each by a push to one of four branches. */
  pushes: number;
  /** Clients that ask for a run, follow it to its end, and ask for the next. */
  clients: number;
  /** From one SIGKILL to the next, in milliseconds; each varies by half. Absent: nothing is killed. */
  everyMs?: number;
  /** Between the server and its machines calls and answers are lost, held up, repeated and reordered. */
  badLine?: boolean;
  seed: number;
}

/** What is run in turn: short, in several batches, with a file, and ending badly. */
const PROGRAMS = [
  { code: (n: number) => `echo ${n}\n`, state: "succeeded", stdout: (n: number) => `${n}\n` },
  {
    code: (n: number) => `for i in 1 2 3; do echo ${n} $i; sleep 0.1; done\n`,
    state: "succeeded",
    stdout: (n: number) => [1, 2, 3].map((i) => `${n} ${i}\n`).join(""),
  },
  {
    code: (n: number) => `echo ${n}; echo file ${n} >artifacts/left.txt\n`,
    state: "succeeded",
    stdout: (n: number) => `${n}\n`,
    file: (n: number) => `file ${n}\n`,
  },
  { code: (n: number) => `echo ${n}; exit 3\n`, state: "failed", stdout: (n: number) => `${n}\n` },
] as const;

const LINE = join(import.meta.dirname, "../fixtures/bad-line.ts");

/**
 * Clients and runs by the hundred, while server and responders are killed all the time, or hear little of each
 * other. Where anything is wrong, all that was stored stays, and where is said.
 */
export async function storm(options: Storm): Promise<StormFigures> {
  const root = await mkdtemp(join(tmpdir(), "deferred-storm-"));
  const { seed, everyMs, badLine } = options;
  const system = await startFaulty(join(root, "data"), {
    DEFERRED_ALLOW_PRIVATE: "1",
    ...(badLine && { NODE_OPTIONS: `--import=${LINE}`, BAD_LINE: String(seed) }),
  });
  const random = randomFrom(seed);
  const figures = nothingYet();
  let pushes: Pushes | undefined;
  let isFine = false;
  try {
    pushes = await startPushes(root, system, options.pushes);
    const over = new AbortController();
    const killing = everyMs && keepKilling(system, { everyMs, random, figures, over: over.signal });
    const began = performance.now();
    const asked = await Promise.all([askAll(system, options, figures), pushes.pushAll(figures)]);
    const ids = asked.flat();
    figures.wholeS = (performance.now() - began) / 1000;
    over.abort();
    await killing;
    await system.stop();
    await checkWhatIsLeft(system, ids, figures);
    isFine = wrongs(figures).length === 0;
    return figures;
  } finally {
    await system.clear();
    await pushes?.close();
    if (isFine) await rm(root, { recursive: true, force: true });
    else process.stderr.write(`What that server stored and logged is in ${root}.\n`);
  }
}

async function keepKilling(
  system: FaultySystem,
  {
    everyMs,
    random,
    figures,
    over,
  }: {
    everyMs: number;
    random: () => number;
    figures: StormFigures;
    over: AbortSignal;
  },
): Promise<void> {
  for (;;) {
    await sleep(everyMs * (0.5 + random()), undefined, { signal: over }).catch(() => {});
    if (over.aborted) return;
    // The server, or a machine: those on their way too.
    const machines = await system.machines();
    const victim = Math.floor(random() * (machines.length + 1));
    if (victim < machines.length) {
      const isUp = (await system.responders()).includes(machines[victim]!);
      figures.kills[isUp ? "machines" : "booting"]++;
      system.killMachine(machines[victim]!);
    } else {
      figures.kills.servers++;
      await system.kill();
      await system.start();
    }
  }
}

async function askAll(
  system: FaultySystem,
  { runs, clients }: Storm,
  figures: StormFigures,
): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  const client = async () => {
    for (let number = next++; number < runs; number = next++) {
      ids.push(await oneRun(system, number, figures));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return ids;
}

/** From the request to the result, as a page goes about it. */
async function oneRun(system: FaultySystem, number: number, figures: StormFigures) {
  const program = PROGRAMS[number % PROGRAMS.length]!;
  const began = performance.now();
  const created = await ask(system, program.code(number), figures);
  const end = noted(created.id, await follow(created.events_url), began, figures);
  if (!end) return created.id;
  const result = await system.result(created);
  figures.wrongResults.push(...wrongResult(result, number, end.state));
  await checkFiles(result, figures);
  return created.id;
}

/** Under one key until it is acknowledged, so that it is run once however often it arrives. */
async function ask(system: FaultySystem, code: string, figures: StormFigures) {
  const body = await system.request(code);
  const key = { "idempotency-key": randomUUID() };
  for (;;) {
    const response = await system.post(body, key).catch(() => undefined);
    if (response?.status === 202) {
      const created = await response.json().catch(() => undefined);
      if (created) return created as RunCreated;
    } else if (response && response.status < 500 && response.status !== 429) {
      throw new Error(await response.text());
    } else await response?.body?.cancel().catch(() => {});
    figures.sentAgain++;
    await sleep(100);
  }
}

/** A run whose machines were killed as often as it has attempts ends so; every other as its program says. */
function wrongResult(result: Result, number: number, state: string): string[] {
  const { stdout, state: wanted, ...program } = PROGRAMS[number % PROGRAMS.length]!;
  if (result.state !== state) return [`Result ${result.id} says ${result.state}, not ${state}.`];
  if (state === "errored") return result.reason ? [] : [`Result ${result.id} has no reason.`];
  const files = result.artifacts.length === ("file" in program ? 1 : 0);
  if (state === wanted && result.stdout === stdout(number) && files) return [];
  return [`Result ${result.id} is ${state} with ${JSON.stringify(result.stdout)}.`];
}

/** What the database and the disk hold once nobody is there any more. */
async function checkWhatIsLeft(
  { folder }: FaultySystem,
  ids: readonly string[],
  figures: StormFigures,
): Promise<void> {
  const database = await openSqlite(folder.database);
  const rows = await database.queries
    .selectFrom("runs")
    .select(["id", "ended_at", "result_written", "last_event"])
    .execute();
  const events = await database.queries
    .selectFrom("events")
    .select((select) => ["run", select.fn.countAll<number>().as("count")])
    .groupBy("run")
    .execute();
  const documents = await database.queries.selectFrom("documents").select("key").execute();
  await database.close();
  const results = new Set(documents.map(({ key }) => key));
  const known = new Map(rows.map((row) => [row.id, row]));
  const counts = new Map(events.map(({ run, count }) => [run, count]));
  for (const id of ids) if (!known.has(id)) figures.lost.push(`Run ${id} is not on record.`);
  for (const { id, ended_at: ended, result_written: written, last_event: last } of rows) {
    if (!ids.includes(id)) figures.lost.push(`Run ${id} was made and nobody was told.`);
    if (ended === null || written === 0) figures.lost.push(`Run ${id} is not over.`);
    if (!results.delete(storageKeys.result(id))) figures.wrongFiles.push(`${id} has no result.`);
    if (counts.get(id) !== last) figures.wrongEvents.push(`Run ${id} has a gap in its log.`);
  }
  for (const key of results) figures.wrongFiles.push(`${key} is of no run on record.`);
  const objects = join(folder.storage, "objects");
  for (const path of [storageKeys.result("runs"), storageKeys.privateResult("runs")]) {
    const runs = join(objects, path, "../..");
    for (const run of await readdir(runs).catch(() => [])) {
      // What caches hold is no run's.
      if (run === "caches") continue;
      if (!known.has(run)) figures.wrongFiles.push(`${run} has files and is on no record.`);
    }
  }
}
