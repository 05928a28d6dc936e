import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { parse } from "valibot";
import type { RunEvent } from "../../../protocol/events.ts";
import { DEFAULT_LIMITS } from "../../../protocol/limits.ts";
import { storageKeys } from "../../../protocol/paths.ts";
import { ProjectSettingsSchema } from "../../../protocol/projects.ts";
import type { ManifestEntry } from "../../../protocol/responder.ts";
import type { Result } from "../../../protocol/run.ts";
import { completeWork } from "../../../server/commands/complete-work.ts";
import { submitCommand } from "../../../server/commands/submit.ts";
import { openSqlite } from "../../../server/database/sqlite.ts";
import { newMachine } from "../../../server/fleet/machines.ts";
import { ApiError } from "../../../protocol/deferred-error.ts";
import { createProjects } from "../../../server/projects/projects.ts";
import { createSealing } from "../../../server/database/sealing.ts";
import { createClaimLedger } from "../../../server/runs/claim-ledger.ts";
import { createClaims, type ClaimsDeps } from "../../../server/runs/claims.ts";
import { createFeed } from "../../../server/runs/feed.ts";
import { followRuns } from "../../../server/runs/follow.ts";
import { createLogReads } from "../../../server/runs/log-reads.ts";
import type { Claimant } from "../../../server/runs/claimant.ts";
import { createLeases } from "../../../server/runs/leases.ts";
import { createRuns, type RunsDeps } from "../../../server/runs/runs.ts";
import { submit } from "../../../server/runs/submit.ts";
import type { ObjectFacts, Storage } from "../../../server/storage/storage.ts";
import type { Pool } from "./model.ts";
import { makeDataFolder } from "../../systems/data-folder.ts";

const PROJECT = "o/p";
const url = "http://127.0.0.1:8080";
export const MACHINES: readonly { id: string; pool: Pool }[] = [
  { id: "machine-a", pool: "shared" },
  { id: "machine-b", pool: "shared" },
  { id: "machine-c", pool: "project:o/p" },
];

/** An object store that can be away, and that keeps every result it was ever given. */
function storageInMemory() {
  const objects = new Map<string, ObjectFacts & { body: string }>();
  const results = new Map<string, Set<string>>();
  let away = false;
  let silent = false;
  const storage: Storage = {
    async put(key, bytes, type) {
      if (away) throw new Error("the storage is away");
      if (silent) await new Promise(() => {});
      const body = Buffer.from(bytes).toString();
      const sha256 = createHash("sha256").update(body).digest("hex");
      objects.set(key, { type, size: bytes.length, sha256, body });
      results.set(key, (results.get(key) ?? new Set()).add(body));
    },
    presignPut: async (key) => ({ url: key, headers: {} }),
    presignGet: async (key) => key,
    read: async (key) => {
      const object = objects.get(key);
      return object && new Blob([object.body]).stream();
    },
    stat: async (key) => objects.get(key),
    async remove(key) {
      objects.delete(key);
    },
  };
  return {
    storage,
    setAway(is: boolean) {
      away = is;
    },
    isAway: () => away,
    /** Accepts what comes and says nothing more. */
    setSilent(is: boolean) {
      silent = is;
    },
    resultsAt: (key: string) =>
      [...(results.get(key) ?? [])].map((text) => JSON.parse(text) as Result),
  };
}

export type System = Awaited<ReturnType<typeof openSystem>>;

/** Runs, claims and leases over a real database file, with a clock that the caller moves. */
export async function openSystem(clock: { now: number }) {
  const root = await makeDataFolder("deferred-model-");
  const file = join(root, "deferred.db");
  const store = storageInMemory();
  const received = new Map<string, RunEvent[]>();
  let server = await open();

  async function open() {
    const database = await openSqlite(file);
    const now = () => clock.now;
    const deps: RunsDeps = {
      database,
      storage: store.storage,
      feed: createFeed(),
      addresses: { url, resultsUrl: url },
      secret: "s".repeat(32),
      registry: createProjects({
        database,
        sealing: createSealing("for tests alone"),
        addresses: { allowPrivate: false },
        now,
      }),
      signReceipt: async () => "receipt",
      now,
      log: pino({ level: "silent" }),
      onDemand: () => {},
      onChanged: () => {},
    };
    const completed: ClaimsDeps["completeWork"] = async (row) =>
      row.title === "unpreparable"
        ? { kind: "refused", detail: "The project was removed." }
        : completeWork(row, {
            allowPrivate: false,
            project: async () => project,
            addressOf: async () => "",
          });
    // Each look is past any pause: when storage is tried again is no part of the model.
    let looks = 0;
    const runs = createRuns({ ...deps, steady: () => ++looks * 3_600_000 });
    const { readLog, offer: offerEvents } = createLogReads({
      ...deps,
      resultStored: runs.resultStored,
    });
    const ledger = createClaimLedger();
    return {
      database,
      runs,
      claims: createClaims({ ...deps, ledger, completeWork: completed }, runs),
      leases: createLeases({ ...deps, ledger, offerEvents }, runs),
      follow: (run: string, after: number, signal: AbortSignal) =>
        followRuns({ ...deps, readLog }, new Map([[run, after]]), signal),
    };
  }

  const { queries } = server.database;
  await queries.insertInto("projects").values({ slug: PROJECT, created_at: 0 }).execute();
  for (const { id, pool } of MACHINES) {
    const of = { launchId: id, pool, project: PROJECT, compute: "played", slots: 4, now: 0 };
    const registered = { state: "ready", boot_id: id, token_hash: id } as const;
    await queries
      .insertInto("machines")
      .values({ ...newMachine(of), ...registered })
      .execute();
  }

  return {
    store,
    clock,
    received,
    server: () => server,

    /** The file is all that the next server has. */
    async restart(): Promise<void> {
      await server.database.close();
      server = await open();
    },

    async close(): Promise<void> {
      await server.database.close();
      await rm(root, { recursive: true, force: true });
    },

    async running(): Promise<string[]> {
      const rows = await server.database.queries
        .selectFrom("runs")
        .select("id")
        .where("state", "=", "running")
        .execute();
      return rows.map(({ id }) => id);
    },

    submitBlock: (number: number, repeatable: boolean) =>
      server.database.write(async (trx) => {
        const program = { kind: "block", runtime: "bash", code: ":\n", inputs: {} } as const;
        const work = { ...program, limits: DEFAULT_LIMITS };
        const claims = {
          ...{ iss: PROJECT, iat: 0, jti: `${number}`, code: "", runtime: "bash" },
          ...(repeatable ? {} : { retry: "never" as const }),
        };
        const digests = { blockDigest: `${number}`, codeDigest: "", inputsDigest: "" };
        const request = { claims, work, title: ":", ...digests, runKey: null };
        return (await submit(trx, request, undefined, clock.now)).run.id;
      }),

    submitPush: (number: number, of: { lane: string; repeatable: boolean; title: string }) =>
      server.database.write(async (trx) => {
        const commit = String(number).padStart(40, "0");
        const { lane, title, repeatable } = of;
        const order = {
          ...({
            project: PROJECT,
            trigger: "push",
            task: { do: "file" },
            stranger: false,
          } as const),
          revision: { of: "commit", commit, ref: lane } as const,
          ...{ title, ref: lane, laneOf: lane },
          ...(repeatable ? {} : { retry: "never" as const }),
        };
        return (await submitCommand(trx, order, clock.now)).id;
      }),

    machine: (launchId: string): Claimant => ({
      ...{ launchId, tokenHash: launchId, memoryMb: 1024 },
      pool: MACHINES.find(({ id }) => id === launchId)!.pool,
      runtimes: [{ name: "bash", version: "5.2.15" }],
    }),

    /** A file that an attempt leaves, stored or only announced. */
    async artifact(run: string, attempt: number, stored: boolean): Promise<ManifestEntry> {
      const body = `${run} ${attempt}`;
      const sha256 = createHash("sha256").update(body).digest("hex");
      const key = storageKeys.artifact(run, attempt, "left.txt");
      const privately = storageKeys.privateArtifact(run, attempt, "left.txt");
      const away = store.isAway();
      store.setAway(false);
      for (const at of stored ? [key, privately] : []) {
        await store.storage.put(at, Buffer.from(body), "text/plain");
      }
      store.setAway(away);
      return { name: "left.txt", type: "text/plain", size: body.length, sha256 };
    },

    async hasArtifact(run: string, attempt: number): Promise<boolean> {
      const key = storageKeys.artifact(run, attempt, "left.txt");
      return (await store.storage.stat(key)) !== undefined;
    },

    /** A follower reads on from what it has, and its connection is cut after `most` events. */
    async read(run: string, most: number): Promise<void> {
      const has = received.get(run) ?? [];
      const gone = new AbortController();
      const events = server.follow(run, has.length, gone.signal);
      // The end comes in a batch of its own.
      const { last_event: last } = await server.runs.find(run);
      const all = [...has];
      while (all.length < Math.min(last, has.length + most)) {
        const { value } = await events.next();
        if (!value) break;
        all.push(...value);
      }
      gone.abort();
      await events.return(undefined);
      received.set(run, all.slice(0, has.length + most));
    },
  };
}

const project = {
  repository: "https://git.example/o/p.git",
  settings: parse(ProjectSettingsSchema, {}),
  secrets: {},
};

/** What a call came to: `ok`, or the code of its refusal. */
export async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "ok";
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
}
