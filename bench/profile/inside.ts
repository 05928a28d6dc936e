// Loaded into the server and, through it, into its responders by `--import`: the product knows nothing of it. A first
// SIGUSR2 starts to record, a second one writes what was recorded.
import childProcess from "node:child_process";
import { channel, type ChannelListener } from "node:diagnostics_channel";
import { renameSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { Session, type Profiler } from "node:inspector/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { DatabaseSync, StatementSync } from "node:sqlite";

/** How often something was done, and its milliseconds. */
export type Tally = Record<string, { times: number; ms: number }>;

export interface Recording {
  profile: Profiler.Profile;
  statements: Tally;
  /** Synchronous parts of starts of processes. */
  spawns: Tally;
  /** Requests that arrived. */
  requests: Tally;
  flushes: Tally;
}

const SAMPLING_US = 200;
const folder = process.env["BENCH_PROFILE"]!;
const isResponder = process.argv.includes("--launch");
const session = new Session();
let tallies: Omit<Recording, "profile"> | undefined;

function count(kind: Exclude<keyof Recording, "profile">, name: string, ms: number): void {
  const entry = tallies && (tallies[kind][name] ??= { times: 0, ms: 0 });
  if (!entry) return;
  entry.times++;
  entry.ms += ms;
}

type Methods = Record<string, (...given: unknown[]) => unknown>;

/** Wraps a method so that its calls are counted. */
function watch(
  target: object,
  name: string,
  kind: Exclude<keyof Recording, "profile">,
  describe: (self: unknown, given: unknown[]) => string,
): void {
  const methods = target as Methods;
  const original = methods[name]!;
  methods[name] = function counted(this: unknown, ...given: unknown[]) {
    if (!tallies) return original.apply(this, given);
    const began = performance.now();
    const result = original.apply(this, given);
    const end = () => count(kind, describe(this, given), performance.now() - began);
    if (result instanceof Promise) void result.finally(end);
    else end();
    return result;
  };
}

const sourceOf = (self: unknown) => (self as StatementSync).sourceSQL;
for (const name of ["all", "get", "run"])
  watch(StatementSync.prototype, name, "statements", sourceOf);
watch(DatabaseSync.prototype, "exec", "statements", (_, [sql]) => String(sql));
watch(DatabaseSync.prototype, "prepare", "statements", () => "(prepared anew)");
const file = await open(process.execPath, "r");
watch(Object.getPrototypeOf(file) as object, "datasync", "flushes", () => "datasync");
await file.close();

const start = childProcess.spawn as (...given: unknown[]) => childProcess.ChildProcess;
function spawnWatched(command: string, args: string[], options: childProcess.SpawnOptions) {
  const own = args.includes("--launch")
    ? { NODE_OPTIONS: process.env["NODE_OPTIONS"], BENCH_PROFILE: folder }
    : {};
  const began = performance.now();
  const child = start(command, args, {
    ...options,
    env: { ...(options.env ?? process.env), ...own },
  });
  count("spawns", command, performance.now() - began);
  return child;
}
Object.assign(childProcess, { spawn: spawnWatched });
syncBuiltinESMExports();

const onRequest: ChannelListener = (message) => {
  const { request } = message as { request: { method: string; url: string } };
  const path = request.url.replace(/\?.*/, "?…").replace(/[\w-]{16,}/g, "{id}");
  count("requests", `${request.method} ${path}`, 0);
};
channel("http.server.request.start").subscribe(onRequest);

session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_US });

async function toggle(): Promise<void> {
  const path = (name: string) => join(folder, `${isResponder ? "responder" : "server"}.${name}`);
  if (!tallies) {
    await session.post("Profiler.start");
    tallies = { statements: {}, spawns: {}, requests: {}, flushes: {} };
    writeFileSync(path("started"), "");
    return;
  }
  const { profile } = await session.post("Profiler.stop");
  writeFileSync(path("part"), JSON.stringify({ profile, ...tallies } satisfies Recording));
  // Its reader waits for the name.
  renameSync(path("part"), path("json"));
  tallies = undefined;
}
process.on("SIGUSR2", () => void toggle());
