import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createMirror } from "../../server/providers/cloud-init/mirror.ts";
import { createS3Storage } from "../../server/storage/s3.ts";
import { eventually } from "../eventually.ts";
import type { Swift } from "../services/swift.ts";

const HOUR_MS = 3_600_000;

/** What the mirror of machines' downloads does on an object store that anybody may read. */
export function mirrorSuite(swift: () => Swift): void {
  async function mirrorOf(publicUrl: (bucketUrl: string) => string) {
    const bucketUrl = await swift().makeBucket(`mirror-${Math.random().toString(36).slice(2)}`);
    const folder = mkdtempSync(join(tmpdir(), "deferred-mirror-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "node.gz");
    writeFileSync(path, Buffer.alloc(3_000_000, "node"));
    const { endpoint, region, accessKeyId, secretAccessKey } = swift();
    const storage = createS3Storage({
      bucket: bucketUrl.split("/").at(-1)!,
      region,
      endpoint,
      pathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    const warned: string[] = [];
    const log = pino({ level: "warn" }, { write: (line: string) => void warned.push(line) });
    const clock = { now: 0 };
    const mirror = createMirror({
      storage,
      publicUrl: publicUrl(bucketUrl),
      log,
      now: () => clock.now,
    });
    return { mirror, storage, warned, clock, file: { path, size: statSync(path).size } };
  }

  test("a mirror has a file once it was asked for, at an address that anybody may read", async () => {
    const { mirror, storage, clock, file } = await mirrorOf((url) => url);
    expect(mirror.urlOf(file)).toBeUndefined();
    const url = await eventually(async () => mirror.urlOf(file));
    expect(url).toMatch(/\/results\/machine\/[0-9a-f]{64}\.gz$/);
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(file.size);

    const key = url.slice(url.indexOf("results/"));
    await storage.remove(key);
    clock.now += HOUR_MS + 1;
    mirror.urlOf(file);
    await eventually(async () => (await storage.stat(key)) && true);
  });

  test("a mirror offers nothing that a machine could not read", async () => {
    const { mirror, warned, file } = await mirrorOf(() => `${swift().endpoint}/nobodys`);
    mirror.urlOf(file);
    await eventually(async () => (warned.length > 0 ? true : undefined));
    expect(mirror.urlOf(file)).toBeUndefined();
    expect(warned[0]).toContain("machines load Node from this server, not from storage");
  });
}
