import { randomInt, randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import type { BlockClaims } from "../../protocol/claims.ts";
import { paths } from "../../protocol/paths.ts";
import type { Result, RunCreated, RunView } from "../../protocol/run.ts";
import { codeDigest } from "../../blocks/digest.ts";
import type { PrivateJwk } from "../../blocks/keys.ts";
import { signBlock } from "../../blocks/sign.ts";
import { dataFolder, FIRST_PROJECT } from "../../server/settings/data-folder.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import type { RunRow } from "../../server/runs/record.ts";
import { printed } from "../e2e/printed.ts";
import { killNow } from "../e2e/processes.ts";
import { startServing, type Served } from "../e2e/server-process.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";

export type FaultySystem = Awaited<ReturnType<typeof startFaulty>>;

/** A real server at an address that stays, with real responders, to be killed and started again at will. */
export async function startFaulty(data: string, more: Record<string, string> = {}) {
  const env = { HOST: ownAddress(), PORT: await freePort(), DEFERRED_DATA: data, ...more };
  let served: Served = await startServing(env);
  const { url } = served;
  const folder = dataFolder(data);
  /** A machine's file; empty where there is none. */
  const fileOf = (launch: string, name: string) =>
    readFile(join(folder.machines, launch, name), "utf8").catch(() => "");
  const [keyFile] = await readdir(folder.keys(FIRST_PROJECT));
  const keyText = await readFile(join(folder.keys(FIRST_PROJECT), keyFile!), "utf8");
  const key = JSON.parse(keyText) as PrivateJwk;

  return {
    url,
    folder,

    /** Ends the server as a power cut would. */
    async kill(): Promise<void> {
      const exited = once(served.process, "exit");
      served.process.kill("SIGKILL");
      await exited;
    },
    async start(): Promise<void> {
      served = await startServing(env);
    },
    /** Resolves with its exit status once the server has ended without being told to. */
    async died(): Promise<number | null> {
      const { process: child } = served;
      if (child.signalCode === null && child.exitCode === null) await once(child, "exit");
      return child.exitCode;
    },
    /** What the server has logged since its last start. */
    logged: () => served.logged(),
    /** Changes what is on record while no server is there. */
    async changeRun(
      id: string,
      changes: Partial<Pick<RunRow, "result_written" | "lease_until">>,
    ): Promise<void> {
      const database = await openSqlite(folder.database);
      await database.queries.updateTable("runs").set(changes).where("id", "=", id).execute();
      await database.close();
    },
    stop: () => served.stop(),
    clear: () => served.clear(),
    machines: () => served.machines(),

    /** Processes of the machines that have come up. */
    async responders(): Promise<number[]> {
      const launches = await readdir(folder.machines).catch(() => []);
      const pids = launches.map(async (launch) => {
        const up = (await fileOf(launch, "responder.log")).includes('"registered"');
        const pid = /"pid":(\d+)/.exec(await fileOf(launch, "process.json"))?.[1];
        return up && pid ? [Number(pid)] : [];
      });
      const alive = await served.machines();
      return (await Promise.all(pids)).flat().filter((pid) => alive.includes(pid));
    },

    /** What the machine of that process has logged. */
    async logOf(pid: number): Promise<string> {
      for (const launch of await readdir(folder.machines)) {
        const isIt = (await fileOf(launch, "process.json")).includes(`"pid":${pid},`);
        if (isIt) return fileOf(launch, "responder.log");
      }
      return "";
    },

    /** Resolves once the server has logged `text`. */
    said: (text: string): Promise<true> =>
      eventually(async () => (served.logged().includes(text) ? true : undefined)),

    /** Ends one responder, its sandboxes and all, as a power cut would. */
    killMachine: (pid: number): boolean => killNow(-pid),

    /** A signed bash script, as a page sends it. */
    async request(code: string, claims: Partial<BlockClaims> = {}): Promise<string> {
      const block = await signBlock(
        {
          ...{ iss: FIRST_PROJECT, aud: url, jti: randomUUID(), runtime: "bash" },
          iat: Math.floor(Date.now() / 1000),
          code: codeDigest(canonicalCode(code)),
          ...claims,
        },
        key,
      );
      return JSON.stringify({ block, code });
    },

    post: (body: string, headers: Record<string, string> = {}) =>
      fetch(url + paths.runs, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      }),

    async run(code: string, claims: Partial<BlockClaims> = {}): Promise<RunCreated> {
      const response = await this.post(await this.request(code, claims));
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as RunCreated;
    },

    async view(id: string): Promise<RunView> {
      return (await (await fetch(url + paths.run(id))).json()) as RunView;
    },

    /** Resolves once `holds` is true of the run, whether or not the server is there all the time. */
    until: (id: string, holds: (view: RunView) => boolean): Promise<RunView> =>
      eventually(async () => {
        const view = await jsonAt<RunView>(url + paths.run(id));
        return view && holds(view) ? view : undefined;
      }),

    /** Resolves once the run has printed `text`. */
    printed: (id: string, text: string): Promise<true> => printed(url + paths.runEvents(id), text),

    result: ({ result_url }: Pick<RunCreated, "result_url">): Promise<Result> =>
      eventually(() => jsonAt<Result>(result_url)),
  };
}

/** A loopback address that is nobody else's, so that while the server is away no other is found in its place. */
const ownAddress = () => `127.${[1, 2, 3].map(() => randomInt(1, 255)).join(".")}`;

/** What lies there; undefined where nothing does, nobody is there, or whoever is dies over it. */
async function jsonAt<Value>(url: string): Promise<Value | undefined> {
  try {
    const response = await fetch(url);
    if (response.ok) return (await response.json()) as Value;
    await response.body?.cancel();
  } catch {
    // Nobody is there.
  }
  return undefined;
}
