import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { COMMAND_LINE, COMPILED } from "../compiled.ts";
import { startServing } from "../systems/process.ts";
import { killMigrations } from "./killed-migrations.ts";

test.each(["first start", "upgrade"] as const)(
  "a database whose %s is killed at any moment is opened by the next start",
  async (kind) => {
    const killed = await killMigrations(kind, 20);
    expect(new Set(killed.map(({ after }) => after)).size).toBe(20);
    expect(killed.filter(({ wrong }) => wrong !== undefined)).toEqual([]);
  },
  120_000,
);

/** What is in a data folder one after another during its first start. */
const APPEARS = ["secret", "deferred.db", "deferred.db-wal", "owner-token", "keys/local/demo"];

test.each(APPEARS)(
  "a server that is killed in its first start, just when %s is there, starts again",
  async (name) => {
    const folder = await mkdtemp(join(tmpdir(), "deferred-killed-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const data = join(folder, "data");
    const env = { PATH: process.env["PATH"], ...COMPILED, PORT: "0", DEFERRED_DATA: data };
    const child = spawn(process.execPath, [COMMAND_LINE, "serve"], { stdio: "ignore", env });
    const exited = once(child, "exit");
    while (!existsSync(join(data, name))) await setTimeout(1);
    child.kill("SIGKILL");
    expect(await exited).toEqual([null, "SIGKILL"]);

    const served = await startServing({ DEFERRED_DATA: data });
    onTestFinished(() => served.clear());
    expect((await fetch(`${served.url}/readyz`)).status).toBe(200);
  },
  60_000,
);
