import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ApiError } from "../../protocol/deferred-error.ts";
import type { Result, RunCreated } from "../../protocol/run.ts";
import { openSqlite } from "../../server/database/sqlite.ts";
import { createStoragePart } from "../../server/storage/index.ts";
import { createS3Storage } from "../../server/storage/s3.ts";
import { deferred, serve } from "../systems/process.ts";
import { eventually } from "../eventually.ts";
import { hasSwift, startSwift, type Swift } from "../services/swift.ts";
import { needs } from "../needs.ts";
import { mirrorSuite } from "./mirror.ts";
import { storageSuite } from "./storage.ts";

/** One server for the whole file: it takes some seconds to start. */
describe(
  "by OpenStack Swift, where it is installed",
  needs(hasSwift, "root, OpenStack Swift and memcached"),
  () => {
    let swift: Swift;
    beforeAll(async () => {
      swift = await startSwift();
    }, 120_000);
    afterAll(() => swift.stop());

    storageSuite("s3", async () => {
      const bucket = `results-${randomUUID()}`;
      const base = await swift.makeBucket(bucket);
      const storage = createS3Storage({
        bucket,
        region: swift.region,
        endpoint: swift.endpoint,
        pathStyle: true,
        credentials: swift,
      });
      return {
        storage,
        urlOf: (key) => `${base}/${key}`,
        pass: async () => {
          const probe = await storage.presignGet("probe", 1, "person");
          await eventually(async () => ((await fetch(probe)).status === 403 ? true : undefined));
        },
        checksContent: false, // AWS does; Swift keeps no SHA-256.
      };
    });

    mirrorSuite(() => swift);

    test("a result that was stored on disk before is served until it is removed with its run", async () => {
      const root = await mkdtemp(join(tmpdir(), "deferred-storage-"));
      const database = await openSqlite(join(root, "deferred.db"));
      onTestFinished(async () => {
        await database.close();
        await rm(root, { recursive: true });
      });
      const bucket = `results-${randomUUID()}`;
      await swift.makeBucket(bucket);
      const { region, endpoint } = swift;
      const s3 = { bucket, region, endpoint, pathStyle: true, credentials: swift };
      const settingsOf = (storage: "fs" | "s3") => ({ storage, s3, resultsUrl: undefined });
      const start = (storage: "fs" | "s3") =>
        createStoragePart({
          ...{
            settings: settingsOf(storage),
            folder: { storage: join(root, "storage") },
            database,
          },
          ...{ responderUrl: "http://a", url: "http://a", secret: "", now: Date.now },
        });
      const key = "results/r1/result.json";
      const before = await start("fs");
      await before.storage.put(key, Buffer.from("{}"), "application/json");
      const { storage, routes } = await start("s3");
      const app = routes(async () => new ApiError("file_not_found"));
      expect((await app.request(`/${key}`)).status).toBe(200);
      await storage.put(key, Buffer.from("[]"), "application/json");
      await storage.remove("results/r1");
      expect(await storage.stat(key)).toBeUndefined();
      expect(await before.storage.stat(key)).toBeUndefined();
    });

    test("results and artifacts of a real server lie in the bucket; its machine never had a credential", async () => {
      const results = await swift.makeBucket("results");
      const served = await serve({
        DEFERRED_STORAGE: "s3",
        DEFERRED_S3_BUCKET: "results",
        DEFERRED_S3_PATH_STYLE: "1",
        DEFERRED_RESULTS_URL: results,
        AWS_REGION: swift.region,
        AWS_ENDPOINT_URL_S3: swift.endpoint,
        AWS_ACCESS_KEY_ID: swift.accessKeyId,
        AWS_SECRET_ACCESS_KEY: swift.secretAccessKey,
      });
      const file = join(served.data, "program.sh");
      await writeFile(file, "echo hello; echo Grüße > 'artifacts/a b.txt'\n");
      const { stdout: body } = await deferred(served, ["sign", file, "--format", "json"]);
      const headers = { "content-type": "application/json" };
      const asked = await fetch(`${served.url}/v1/runs`, { method: "POST", headers, body });
      const run = (await asked.json()) as RunCreated;
      expect(run.result_url).toBe(`${results}/results/${run.id}/result.json`);

      const result = await eventually(async () => {
        const response = await fetch(run.result_url);
        return response.ok ? ((await response.json()) as Result) : undefined;
      });
      expect(result).toMatchObject({ state: "succeeded", stdout: "hello\n" });
      const [artifact] = result.artifacts;
      expect(artifact!.url).toBe(`${results}/results/${run.id}/1/a%20b.txt`);
      const stored = await fetch(artifact!.url);
      expect(stored.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(stored.headers.get("content-disposition")).toBe("inline; filename*=UTF-8''a%20b.txt");
      expect(await stored.text()).toBe("Grüße\n");

      const [pid] = await served.machines();
      const seen = [await readFile(`/proc/${pid}/environ`, "utf8")];
      const folder = join(served.data, "machines");
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        // Some are there for a moment only.
        const text = () => readFile(join(entry.parentPath, entry.name), "utf8").catch(() => "");
        if (entry.isFile()) seen.push(await text());
      }
      expect(seen.length).toBeGreaterThan(2);
      for (const text of seen) {
        expect(text).not.toContain(swift.accessKeyId);
        expect(text).not.toContain(swift.secretAccessKey);
      }
    });
  },
);
