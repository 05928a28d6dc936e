import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { eventually } from "../../test/eventually.ts";
import { startServing } from "../../test/systems/process.ts";
import { signSnippet, timeRun, type Snippet } from "../warm/snippets.ts";
import type { Recording } from "./inside.ts";

const ROOT = join(import.meta.dirname, "../..");
/** V8 has compiled what is hot by then. */
const WARM_UP = 200;

export interface Recordings {
  server: Recording;
  responder: Recording;
}

/** Records warm runs of a server and a responder that run from their sources, so that samples name source files. */
export async function recordRuns(snippet: Snippet, count: number): Promise<Recordings> {
  const folder = await mkdtemp(join(tmpdir(), "deferred-profile-"));
  const inside = pathToFileURL(join(import.meta.dirname, "inside.ts")).href;
  const env = {
    DEFERRED_LOG: "error",
    NODE_OPTIONS: `--import ${inside}`,
    BENCH_PROFILE: folder,
  };
  const served = await startServing(env, join(ROOT, "cli/main.ts"));
  try {
    const body = await signSnippet(served, snippet);
    const run = async (times: number) => {
      for (let index = 0; index < times; index++) await timeRun(served.url, body);
    };
    await run(WARM_UP);
    const pids = [served.process.pid!, ...(await served.machines())];
    const toggle = (name: string) => {
      for (const pid of pids) process.kill(pid, "SIGUSR2");
      const files = ["server", "responder"].map((role) => join(folder, `${role}.${name}`));
      return eventually(async () => (files.every((file) => existsSync(file)) ? files : undefined));
    };
    await toggle("started");
    await run(count);
    const [server, responder] = await toggle("json");
    return { server: await read(server!), responder: await read(responder!) };
  } finally {
    await served.clear();
    await rm(folder, { recursive: true });
  }
}

async function read(file: string): Promise<Recording> {
  return JSON.parse(await readFile(file, "utf8")) as Recording;
}
