import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { storageKeys } from "../../protocol/paths.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import type { RunRow } from "../../server/runs/record.ts";
import { dataFolder } from "../../server/settings/data-folder.ts";
import { killNow } from "../e2e/processes.ts";
import { startServing, type Served } from "../systems/process.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { createClient } from "../systems/client.ts";

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

  return {
    ...(await createClient({ url, data })),
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
    /** Takes a run's result from a server that is down, as it stands when it died before it stored the result. */
    async loseResult(id: string): Promise<void> {
      const database = await openSqlite(folder.database);
      const key = storageKeys.result(id);
      const { numDeletedRows } = await database.queries
        .deleteFrom("documents")
        .where("key", "=", key)
        .executeTakeFirstOrThrow();
      if (numDeletedRows !== 1n) throw new Error("its result is not in the database");
      await database.close();
      await this.changeRun(id, { result_written: 0 });
    },

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
  };
}

/** A loopback address that is nobody else's, so that while the server is away no other is found in its place. */
const ownAddress = () => `127.${[1, 2, 3].map(() => randomInt(1, 255)).join(".")}`;
