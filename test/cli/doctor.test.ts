import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { Finding } from "../../server/operate/doctor/finding.ts";
import { dataFolder } from "../../server/settings/data-folder.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "../free-port.ts";
import { serve } from "../systems/process.ts";
import { deferred, temporaryFolder } from "./deferred.ts";

async function findings(env: Record<string, string>) {
  const { code, stdout, stderr } = await deferred(["doctor", "--json"], { env });
  expect(stderr).toBe("");
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  expect(ok).toBe(code === 0);
  const of = (check: string) => findings.filter((one) => one.check === check);
  return { code, findings, of };
}

test("of a server that runs, all is well, and nothing is left behind", async () => {
  const served = await serve();
  const upload = join(dataFolder(served.data).storage, "parts", "under-way");
  await mkdir(dirname(upload), { recursive: true });
  await writeFile(upload, "");
  const before = await readdir(served.data);
  const { code, findings: all } = await findings({ DEFERRED_DATA: served.data });
  expect(all.filter(({ state }) => state === "failed")).toEqual([]);
  expect(code).toBe(0);
  expect(new Set(all.map(({ check }) => check))).toEqual(
    new Set([
      ...["settings", "data folder", "database", "clock"],
      ...["sandbox", "PDF files", "storage", "mail", "address", "open files"],
    ]),
  );
  for (const { says } of all) expect(says).not.toMatch(/undefined|NaN/);
  const after = (await readdir(served.data)).filter((name) => name !== "storage");
  expect(after.toSorted()).toEqual(before.filter((name) => name !== "storage").toSorted());
  expect(existsSync(upload)).toBe(true);
});

test("a proxy on the server's machine that it does not believe is warned of", async () => {
  const served = await serve();
  const address = async (env = {}) => {
    const { of } = await findings({ DEFERRED_DATA: served.data, ...env });
    return of("address").map(({ state, fix }) => [state, fix]);
  };
  const warning = ["warning", expect.stringContaining("DEFERRED_TRUST_PROXY=1")];
  expect(await address()).not.toContainEqual(warning);
  await fetch(`${served.url}/healthz`, { headers: { "x-forwarded-for": "203.0.113.1" } });
  await eventually(async () => {
    const noted = await readFile(dataFolder(served.data).serverFile, "utf8");
    return JSON.parse(noted).proxied || undefined;
  });
  expect(await address()).toContainEqual(warning);
  expect(await address({ DEFERRED_TRUST_PROXY: "1" })).not.toContainEqual(warning);
});

test("mistakes in the settings are told, each by itself", async () => {
  const { code, of } = await findings({ PORT: "x", DEFERRED_LOG: "loud" });
  expect(code).toBe(1);
  expect(of("settings").map(({ says }) => says)).toEqual([
    expect.stringContaining("PORT") as string,
    expect.stringContaining("DEFERRED_LOG") as string,
  ]);
});

describe("of a server that is stopped", () => {
  async function folderOf() {
    const root = join(await temporaryFolder(), "data");
    const folder = dataFolder(root);
    await mkdir(root, { mode: 0o700 });
    const database = await openSqlite(folder.database);
    await database.close();
    await writeFile(folder.ownerToken, "x".repeat(43), { mode: 0o600 });
    await writeFile(folder.secret, "x".repeat(43), { mode: 0o600 });
    const url = `http://127.0.0.1:${await freePort()}`;
    return { folder, env: { DEFERRED_DATA: root, DEFERRED_URL: url } };
  }

  test("it says so, and looks at the rest, which stays that of another release", async () => {
    const { folder, env } = await folderOf();
    const other = new DatabaseSync(folder.database);
    other.exec("insert into kysely_migration values ('999-other', '2030-01-01T00:00:00.000Z')");
    other.close();
    const { of } = await findings(env);
    expect(of("address")[0]).toMatchObject({
      state: "failed",
      says: expect.stringContaining(env.DEFERRED_URL) as string,
    });
    expect(of("database")).toMatchObject([{ state: "ok", says: "it is sound" }]);
    const database = new DatabaseSync(folder.database);
    const last = database.prepare("select max(name) as name from kysely_migration").get();
    database.close();
    expect(last).toEqual({ name: "999-other" });
  });

  test("secrets that others may read, a broken database and a mail server that is none are found", async () => {
    const { folder, env } = await folderOf();
    await chmod(folder.secret, 0o644);
    const bytes = Buffer.alloc(20_000, "no database");
    await writeFile(folder.database, bytes);
    const smtp = `smtp://127.0.0.1:${await freePort()}`;
    const { code, of } = await findings({ ...env, SMTP_URL: smtp });
    expect(code).toBe(1);
    const failed = (check: string) => of(check).find(({ state }) => state === "failed");
    expect(failed("data folder")).toMatchObject({
      says: "others may read secret",
      fix: `chmod go= ${folder.secret}`,
    });
    expect(failed("database")?.says).toContain("not a database");
    expect(failed("mail")?.fix).toBe("correct SMTP_URL");
  });
});
