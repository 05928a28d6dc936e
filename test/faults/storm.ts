import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Result, RunCreated } from "../../protocol/run.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import { startFaulty, type FaultySystem } from "./faulty-system.ts";
import { follow } from "./follower.ts";

export interface Storm {
  runs: number;
  /** Clients that ask for a run, follow it to its end, and ask for the next. */
  clients: number;
  /** From one SIGKILL to the next, in milliseconds; each varies by half. */
  everyMs: number;
  seed: number;
}

export interface StormFigures {
  ends: Record<string, number>;
  kills: { servers: number; machines: number };
  /** How often followers had to connect again, and again while nobody was there. */
  cuts: number;
  /** Requests that were sent again because nobody answered, or nobody could. */
  sentAgain: number;
  wholeS: number;
  /** From each request to the end of its run, in milliseconds. */
  endMs: number[];
  artifacts: number;
  /** Sentences of what is not as it ought to be. */
  lost: string[];
  wrongEvents: string[];
  wrongResults: string[];
  wrongFiles: string[];
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
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

/** Clients and runs by the hundred, while server and responders are killed all the time. */
export async function storm(options: Storm): Promise<StormFigures> {
  const data = await mkdtemp(join(tmpdir(), "deferred-storm-"));
  const system = await startFaulty(data);
  const random = randomFrom(options.seed);
  const figures: StormFigures = {
    ...{ ends: {}, kills: { servers: 0, machines: 0 }, cuts: 0, sentAgain: 0, wholeS: 0 },
    ...{ endMs: [], artifacts: 0, lost: [], wrongEvents: [], wrongResults: [], wrongFiles: [] },
  };
  try {
    const over = new AbortController();
    const killing = keepKilling(system, { ...options, random, figures, over: over.signal });
    const began = performance.now();
    const ids = await askAll(system, options, figures);
    figures.wholeS = (performance.now() - began) / 1000;
    over.abort();
    await killing;
    await system.stop();
    await checkWhatIsLeft(system, ids, figures);
    return figures;
  } finally {
    await system.clear();
    await rm(data, { recursive: true, force: true });
  }
}

async function keepKilling(
  system: FaultySystem,
  {
    everyMs,
    random,
    figures,
    over,
  }: Storm & {
    random: () => number;
    figures: StormFigures;
    over: AbortSignal;
  },
): Promise<void> {
  for (;;) {
    await sleep(everyMs * (0.5 + random()), undefined, { signal: over }).catch(() => {});
    if (over.aborted) return;
    // The server or a responder. Machines that die in their boot one after another are taken for broken, and
    // runs are refused for a while: there would be little to kill.
    const machines = await system.responders();
    const victim = Math.floor(random() * (machines.length + 1));
    if (victim < machines.length) {
      figures.kills.machines++;
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
  const { events, cuts, wrong } = await follow(created.events_url);
  figures.endMs.push(performance.now() - began);
  figures.cuts += cuts;
  figures.wrongEvents.push(...wrong);
  const end = events.at(-1);
  if (end?.type !== "ended") {
    figures.lost.push(`Run ${created.id} was acknowledged and has no end.`);
    return created.id;
  }
  const how = end.state === "errored" ? `errored (${end.reason?.code})` : end.state;
  figures.ends[how] = (figures.ends[how] ?? 0) + 1;
  const result = await system.result(created);
  figures.wrongResults.push(...wrongResult(result, number, end.state));
  for (const artifact of result.artifacts) {
    figures.artifacts++;
    const body = await fetchSurely(artifact.url);
    const digest = createHash("sha256").update(body).digest("hex");
    if (digest !== artifact.sha256) figures.wrongFiles.push(`${artifact.url} is another file.`);
  }
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

async function fetchSurely(url: string): Promise<Buffer> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    const body = response?.ok && (await response.arrayBuffer().catch(() => undefined));
    if (body) return Buffer.from(body);
    if (response?.status === 404) return Buffer.alloc(0);
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
  await database.close();
  const known = new Map(rows.map((row) => [row.id, row]));
  const counts = new Map(events.map(({ run, count }) => [run, count]));
  for (const id of ids) if (!known.has(id)) figures.lost.push(`Run ${id} is not on record.`);
  for (const { id, ended_at: ended, result_written: written, last_event: last } of rows) {
    if (!ids.includes(id)) figures.lost.push(`Run ${id} was made and nobody was told.`);
    if (ended === null || written === 0) figures.lost.push(`Run ${id} is not over.`);
    if (counts.get(id) !== last) figures.wrongEvents.push(`Run ${id} has a gap in its log.`);
  }
  const objects = join(folder.storage, "objects", "results");
  for (const run of await readdir(objects)) {
    if (!known.has(run)) figures.wrongFiles.push(`${run} has files and is on no record.`);
    const names = await readdir(join(objects, run));
    if (!names.includes("result.json")) figures.wrongFiles.push(`${run} has no result.`);
  }
}
