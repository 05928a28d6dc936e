import { execFile } from "node:child_process";
import { readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as v from "valibot";
import { RUNTIME_FACTS, RUNTIMES, type RuntimeName } from "../../protocol/runtimes.ts";
import {
  CompiledWaiterSchema,
  compileWaiter,
  isCompiledFrom,
  type CompiledWaiter,
} from "./compiled-waiter.ts";
import { node } from "./node.ts";
import { python } from "./python.ts";
import { ruby } from "./ruby.ts";
import type { InstalledRuntime, Runtime, Waiter } from "./runtime.ts";
import { shellWaiter } from "./shell-waiter.ts";

const WAITERS: Partial<Record<RuntimeName, Waiter>> = { node, python, ruby };

/** A runtime as the responder starts it: by its own waiter, else by a shell. */
export function runtimeNamed(name: RuntimeName): Runtime {
  const { file, start, places, version, mark } = RUNTIME_FACTS[name];
  const waiter =
    WAITERS[name] ?? (start === undefined ? undefined : shellWaiter(name, file, start));
  if (!waiter) throw new Error(`The runtime ${name} needs a start or a waiter.`);
  // Programs run on the responder's own Node.
  return {
    name,
    version,
    mark,
    places: name === "node" ? [process.execPath, ...places] : places,
    ...waiter,
  };
}
const run = promisify(execFile);

/** What an earlier boot learnt, by interpreter path. */
const CacheSchema = v.record(
  v.string(),
  v.object({
    stamp: v.string(),
    version: v.string(),
    compiled: v.optional(CompiledWaiterSchema),
  }),
);
type Cache = v.InferOutput<typeof CacheSchema>;

const cacheIn = (folder: string) => join(folder, "runtimes.json");

/**
 * The runtimes installed here. Versions and compiled waiters are cached in `folder` while the interpreters' files are
 * unchanged: asking all of them takes 80 ms of each boot.
 */
export async function findRuntimes(folder: string): Promise<InstalledRuntime[]> {
  const path = cacheIn(folder);
  const known = readCache(path);
  const found = await Promise.all(RUNTIMES.map((name) => findRuntime(runtimeNamed(name), known)));
  const installed = found.filter((one) => one !== undefined);
  const learnt: Cache = {};
  for (const { interpreter, stamp, version, compiled } of installed) {
    learnt[interpreter] = { stamp, version, ...(compiled && { compiled }) };
  }
  if (JSON.stringify(learnt) !== JSON.stringify(known)) {
    writeFileSync(path, JSON.stringify(learnt), { mode: 0o600 });
  }
  return installed.map(({ runtime, interpreter, version }) => ({ runtime, interpreter, version }));
}

async function findRuntime(
  runtime: Runtime,
  known: Cache,
): Promise<(InstalledRuntime & Cache[string]) | undefined> {
  for (const place of runtime.places) {
    try {
      const interpreter = realpathSync(place);
      const { mtimeMs, size } = statSync(interpreter);
      const stamp = `${size}-${mtimeMs}`;
      const before = known[interpreter]?.stamp === stamp ? known[interpreter] : undefined;
      const isCompiled = before?.compiled && isCompiledFrom(before.compiled, runtime);
      const [version, compiled] = await Promise.all([
        before?.version ?? askVersion(runtime, interpreter),
        isCompiled ? before.compiled : compileWaiter(runtime, interpreter),
      ]);
      if (version !== undefined) return { runtime, interpreter, version, stamp, compiled };
    } catch {
      // Not there, or it does not start: the next place may serve.
    }
  }
  return undefined;
}

async function askVersion(runtime: Runtime, interpreter: string): Promise<string | undefined> {
  if (interpreter === process.execPath) return process.versions.node;
  const { stdout } = await run(interpreter, [...runtime.version.args], {
    env: { LANG: "C.UTF-8" },
    timeout: 10_000,
  });
  return runtime.version.pattern.exec(stdout)?.[1];
}

/** The waiters that `findRuntimes` had compiled. */
export function readCompiledWaiters(folder: string): CompiledWaiter[] {
  const waiters = Object.values(WAITERS);
  return Object.values(readCache(cacheIn(folder))).flatMap(({ compiled }) =>
    compiled && waiters.some((waiter) => isCompiledFrom(compiled, waiter)) ? [compiled] : [],
  );
}

function readCache(path: string): Cache {
  try {
    const parsed = v.safeParse(CacheSchema, JSON.parse(readFileSync(path, "utf8")));
    return parsed.success ? parsed.output : {};
  } catch {
    return {};
  }
}
