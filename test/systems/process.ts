import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, type TestContext } from "vitest";
import { runCommandLine, type Ended } from "../cli/command-line.ts";
import { COMMAND_LINE, COMPILED, shareCompiled } from "../compiled.ts";
import { eventually } from "../eventually.ts";
import { isAlive, killNow } from "../e2e/processes.ts";

export interface Served {
  url: string;
  data: string;
  process: ChildProcess;
  /** Returns the log so far. */
  logged: () => string;
  /** Processes of the machines it keeps. */
  machines: () => Promise<number[]>;
  /** Ends it as Ctrl-C does, and waits for it. */
  stop: () => Promise<void>;
  /** Ends it and whatever it left behind, its own data folder too. */
  clear: () => Promise<void>;
}

/** `deferred serve` as a process of its own, on any free port and a new data folder; `main` is the command line. */
export async function startServing(
  env: Record<string, string> = {},
  main = COMMAND_LINE,
): Promise<Served> {
  const data = env["DEFERRED_DATA"] ?? (await mkdtemp(join(tmpdir(), "deferred-e2e-")));
  // One that is there may be a disk of its own, or what another server left.
  if (!env["DEFERRED_DATA"] || !existsSync(data)) shareCompiled(data);
  const child = spawn(process.execPath, [main, "serve"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...COMPILED, PORT: "0", DEFERRED_DATA: data, ...env },
  });
  let out = "";
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const machines = () => machineProcesses(data);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  };
  const clear = async () => {
    await stop();
    for (const pid of await machines()) killNow(-pid);
    // What still ends would write into a folder that is being removed.
    await eventually(async () => ((await machines()).length === 0 ? true : undefined));
    if (!env["DEFERRED_DATA"]) await rm(data, { recursive: true, force: true });
  };
  try {
    const url = await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`the server ended at once:\n${log}`);
      return /Deferred Runner is at (\S+)/.exec(out)?.[1];
    });
    return { url, data, process: child, logged: () => log, machines, stop, clear };
  } catch (error) {
    await clear();
    throw error;
  }
}

/** Where tests run beside each other: `onTestFinished` of the test's own context. */
export type AtEnd = TestContext["onTestFinished"];

/** A server of its own for this test, cleared away after it. */
export async function serve(
  env: Record<string, string> = {},
  atEnd: AtEnd = onTestFinished,
): Promise<Served> {
  const served = await startServing(env);
  atEnd(served.clear);
  return served;
}

async function machineProcesses(data: string): Promise<number[]> {
  const folder = join(data, "machines");
  const launches = await readdir(folder).catch(() => []);
  const pids = launches.map(async (launch) => {
    const text = await readFile(join(folder, launch, "process.json"), "utf8").catch(() => "");
    const pid = /"pid":(\d+)/.exec(text)?.[1];
    return pid && isAlive(Number(pid)) ? [Number(pid)] : [];
  });
  return (await Promise.all(pids)).flat();
}

/** The `deferred` command on the same data folder; resolves with what it printed. */
export function deferred(served: Pick<Served, "data">, args: string[]): Promise<Ended> {
  return runCommandLine(args, { env: { DEFERRED_DATA: served.data } });
}
