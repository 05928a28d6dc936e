import { ApiError } from "../../protocol/deferred-error.ts";
import { createHash } from "node:crypto";
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readlink,
  rm,
  writeFile,
  type FileHandle,
} from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Hono } from "hono";
import { pino } from "pino";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { listen } from "../../server/http/listen.ts";
import { onError } from "../../server/http/problem.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import { createFsStorage } from "../../server/storage/fs.ts";
import { storageRoutes } from "../../server/storage/routes.ts";
import { eventually } from "../eventually.ts";
import { storageSuite } from "./storage.ts";

async function serveFs(patienceMs?: number) {
  const root = await mkdtemp(join(tmpdir(), "deferred-storage-"));
  const folder = join(root, "storage");
  let skew = 0;
  const app = new Hono();
  const answers: ServerResponse[] = [];
  const listener = await listen("127.0.0.1", 0, (request, of) => {
    answers.push(of.answer as ServerResponse);
    return app.fetch(request, of);
  });
  const base = `http://127.0.0.1:${listener.port}`;
  const database = await openSqlite(join(root, "deferred.db"));
  const storage = createFsStorage({
    folder,
    database,
    uploadUrl: base,
    url: base,
    secret: "a secret of the test",
    now: () => Date.now() + skew,
  });
  app.onError(onError(pino({ level: "silent" })));
  const whyResultMissing = async () => new ApiError("file_not_found");
  app.route("/", storageRoutes(storage, { url: base, whyResultMissing, patienceMs }));
  onTestFinished(async () => {
    await listener.close();
    await database.close();
    await rm(root, { recursive: true, force: true });
  });
  return {
    folder,
    database,
    storage,
    base,
    answers,
    skip: (seconds: number) => void (skew += seconds * 1000),
  };
}

storageSuite("fs", async () => {
  const { storage, base, skip } = await serveFs();
  return {
    storage,
    urlOf: (key) => `${base}/${key}`,
    pass: async () => skip(2),
    checksContent: true,
  };
});

const key = "results/r1/1/notes.txt";
const text = "Grüße\n";

describe("storage fs beside it", () => {
  test("lets no name out of its place", async () => {
    const { storage, base } = await serveFs();
    for (const path of ["results/%2e%2e/%2e%2e/secret", "results//x", "results/r1/1/%00"]) {
      expect((await fetch(`${base}/${path}`)).status).toBe(404);
    }
    const out = storage.put("results/../../out", Buffer.from(text), "text/plain");
    await expect(out).rejects.toThrow();
  });

  test("keeps a small document in the database, and reads one that an earlier release kept in a file", async () => {
    const { folder, storage, base } = await serveFs();
    const result = "results/r1/result.json";
    const file = join(folder, "objects", result);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '{"id":"r0"}');
    expect(await (await fetch(`${base}/${result}`)).json()).toEqual({ id: "r0" });
    await rm(join(folder, "objects"), { recursive: true });
    await storage.put(result, Buffer.from('{"id":"r1"}'), "application/json");
    const sha256 = createHash("sha256").update('{"id":"r1"}').digest("hex");
    expect(await storage.stat(result)).toEqual({ size: 11, type: "application/json", sha256 });
    const response = await fetch(`${base}/${result}`, { headers: { range: "bytes=1-4" } });
    expect(response.headers.get("etag")).toBe(`"${sha256}"`);
    expect(await response.text()).toBe('"id"');
    // Larger ones are files with their digest, which is not computed at each read.
    await storage.put(result, Buffer.from(JSON.stringify("x".repeat(70_000))), "application/json");
    expect(await storage.stat(result)).toMatchObject({ size: 70_002 });
    expect(await readdir(join(folder, "facts/results/r1"))).toEqual(["result.json"]);
    await storage.remove("results/r1");
    expect(await storage.stat(result)).toBeUndefined();
  });

  test("stores a document with the transaction of its caller, or not at all", async () => {
    const { database, storage } = await serveFs();
    const keys = ["results/r1/result.json", "results/r10/result.json"];
    const body = Buffer.from("{}");
    const failed = database.write(async (trx) => {
      expect(await storage.putWithin!(trx, keys[0]!, body)).toBe(true);
      throw new Error("taken back");
    });
    await expect(failed).rejects.toThrow("taken back");
    expect(await storage.stat(keys[0]!)).toBeUndefined();
    await database.write(async (trx) => {
      for (const key of keys) await storage.putWithin!(trx, key, body);
      expect(await storage.putWithin!(trx, "large.json", Buffer.alloc(70_000))).toBe(false);
    });
    await storage.remove("results/r1");
    const left = await Promise.all(keys.map((key) => storage.stat(key)));
    expect(left.map((facts) => facts?.size)).toEqual([undefined, 2]);
  });

  test("gives out no document that a power cut could still take back", async () => {
    const { database, storage } = await serveFs();
    const file = await open("/dev/null");
    const flushed = Promise.withResolvers<void>();
    const flush = vi
      .spyOn(Object.getPrototypeOf(file) as FileHandle, "datasync")
      .mockImplementationOnce(() => flushed.promise);
    onTestFinished(() => flush.mockRestore());
    await file.close();
    const stored = storage.put("results/r1/result.json", Buffer.from("{}"), "application/json");
    await eventually(async () => (flush.mock.calls.length > 0 ? true : undefined));
    const read = storage.stat("results/r1/result.json");
    const rows = await database.queries.selectFrom("documents").select("key").execute();
    expect(rows).toHaveLength(1);
    await new Promise((resolve) => setImmediate(resolve));
    const first = await Promise.race([read, Promise.resolve("nothing yet")]);
    expect(first).toBe("nothing yet");
    flushed.resolve();
    expect(await read).toMatchObject({ size: 2 });
    await stored;
  });

  test("keeps no file open for a reader that takes nothing of it", async () => {
    const { folder, storage, base, answers } = await serveFs(300);
    await storage.put(key, Buffer.alloc(32 * 2 ** 20), "application/zip");
    const opened = async () => {
      const files = (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`));
      const names = await Promise.all(files.map((name) => name.catch(() => "")));
      return names.filter((name) => name.startsWith(folder)).length;
    };
    const reader = connect(Number(new URL(base).port), "127.0.0.1");
    reader.on("error", () => {});
    onTestFinished(() => void reader.destroy());
    reader.pause();
    reader.write(`GET /${key} HTTP/1.1\r\nhost: a\r\n\r\n`);
    await eventually(async () => (answers[0]?.destroyed ? true : undefined));
    await eventually(async () => ((await opened()) === 0 ? true : undefined));
  });

  test("keeps what it serves from acting as a page of the server", async () => {
    const { storage, base } = await serveFs();
    await storage.put(key, Buffer.from(text), "text/html; charset=utf-8");
    const { headers } = await fetch(`${base}/${key}`);
    expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("access-control-allow-origin")).toBe("*");
  });
});
