import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { BlockClaims } from "../../protocol/claims.ts";
import { paths } from "../../protocol/paths.ts";
import type { LaunchFile } from "../../protocol/registration.ts";
import type { Result, RunCreated, RunView } from "../../protocol/run.ts";
import { newKeyPair, type PrivateJwk } from "../../blocks/keys.ts";
import { logOptions } from "../../server/logs/log.ts";
import { eventually } from "../eventually.ts";
import { IDLE_MACHINE } from "../idle-machine.ts";
import { readFirstKey, signCode } from "../systems/client.ts";
import { makeDataFolder } from "../systems/data-folder.ts";
import { composeServer, type SystemOptions } from "../systems/in-process.ts";
import { registerMachine, type Machine, type MachineOptions } from "./played-machine.ts";

export const url = "http://127.0.0.1:8080";

export type System = Awaited<ReturnType<typeof startSystem>>;

/**
 * The whole server without a socket. Its machines are idle processes: the test registers and
 * claims in their place, so that it decides what happens when.
 */
export async function startSystem(
  env: Record<string, string> = {},
  options: Pick<SystemOptions, "times" | "providers" | "channels" | "bundle"> = {},
) {
  const root = env["DEFERRED_DATA"] ?? (await makeDataFolder("deferred-"));
  const logged: { msg: string }[] = [];
  const responder = { ...IDLE_MACHINE };
  const system = await composeServer({
    data: root,
    url,
    env,
    log: pino(logOptions("debug"), { write: (line) => void logged.push(JSON.parse(line)) }),
    responder,
    ...options,
  });
  const { folder } = system;
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await system.stopMachines();
    await system.close();
  };
  onTestFinished(async () => {
    await close();
    if (process.env["TEST_LOG"]) console.log(logged);
    await expectNoProcess(folder.machines);
    if (!env["DEFERRED_DATA"]) await rm(root, { recursive: true, force: true });
  });
  const key = await readFirstKey(root);
  const ownerToken = await readFile(folder.ownerToken, "utf8");
  const known = new Set<string>();

  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) =>
    system.app.request(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });

  return {
    app: system.app,
    drain: system.drain,
    root,
    folder,
    /** How machines are started from now on. */
    responder,
    logged,
    key,
    ownerToken,
    close,
    call,

    sign: (code: string, changes: Partial<BlockClaims> = {}, signer: PrivateJwk = key) =>
      signCode(code, url, signer, { runtime: "python", ...changes }),

    /** Asks for a run of `code`, signed as `changes` say. */
    async run(code = "print(1)", changes: Partial<BlockClaims> = {}): Promise<RunCreated> {
      const response = await call("POST", paths.runs, {
        block: await this.sign(code, changes),
        code,
      });
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as RunCreated;
    },

    async view(id: string): Promise<RunView> {
      return (await (await call("GET", paths.run(id))).json()) as RunView;
    },

    /** Resolves with the run's view once `holds` is true of it. */
    async until(id: string, holds: (view: RunView) => boolean): Promise<RunView> {
      return eventually(async () => {
        const view = await this.view(id);
        return holds(view) ? view : undefined;
      });
    },

    /** The next launch that the server made and no test machine has taken. */
    async launched(): Promise<LaunchFile> {
      return eventually(async () => {
        const names = await readdir(folder.machines).catch(() => []);
        const name = names.find((candidate) => !known.has(candidate));
        if (!name) return undefined;
        const text = await readFile(join(folder.machines, name, "launch.json"), "utf8").catch(
          () => "",
        );
        if (!text.endsWith("}")) return undefined;
        known.add(name);
        return JSON.parse(text) as LaunchFile;
      });
    },

    /** Ends a machine's process as a power cut would. */
    async killMachine(launchId: string): Promise<void> {
      const { pid } = await eventually(async () => {
        const file = join(folder.machines, launchId, "process.json");
        const text = await readFile(file, "utf8").catch(() => "");
        return text.endsWith("}") ? (JSON.parse(text) as { pid: number }) : undefined;
      });
      process.kill(-pid, "SIGKILL");
    },

    /** Plays the responder of the next launch. */
    async machine(options: MachineOptions = {}): Promise<Machine> {
      return registerMachine(call, options.launch ?? (await this.launched()), options);
    },
  };
}

/** Milliseconds that killed processes have to leave /proc: the rest of a group ends after its leader. */
const DYING_MS = 5000;

async function expectNoProcess(machines: string): Promise<void> {
  let left = await processesOf(machines);
  for (const end = performance.now() + DYING_MS; left.length > 0 && performance.now() < end;) {
    await sleep(10);
    left = await processesOf(machines);
  }
  for (const pid of left) process.kill(Number(pid), "SIGKILL");
  if (left.length > 0) throw new Error(`${left.length} machines outlived their server`);
}

/** Processes that name a folder in their command line. */
async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return pids.filter((_, index) => lines[index]!.includes(folder));
}

export async function strangerKey(): Promise<PrivateJwk> {
  return (await newKeyPair()).privateJwk;
}

export async function codeOf(response: Response): Promise<string> {
  const problem = (await response.json()) as { code: string; status: number; title: string };
  if (problem.status !== response.status) throw new Error("the status is not the document's");
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) {
    throw new Error("this is no problem document");
  }
  return problem.code;
}

/** The events of an SSE body, until it ends. */
export async function eventsOf(response: Response): Promise<{ id: string; data: SseData }[]> {
  const text = await response.text();
  return text
    .split("\n\n")
    .filter((part) => part.includes("data: "))
    .map((part) => ({
      id: /^id: (.*)$/m.exec(part)![1]!,
      data: JSON.parse(/^data: (.*)$/m.exec(part)![1]!) as SseData,
    }));
}

export type SseData = { run: string; id: number; type: string } & Record<string, unknown>;

/** The result of a run that has ended, from where the server says it is. */
export async function resultOf(system: System, id: string): Promise<Result> {
  const redirect = await system.call("GET", paths.runResult(id));
  if (redirect.status !== 302) throw new Error(await redirect.text());
  const response = await system.app.request(redirect.headers.get("location")!);
  return (await response.json()) as Result;
}
