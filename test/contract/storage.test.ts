import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { describe, expect, onTestFinished, test } from "vitest";
import { pino } from "pino";
import { listen } from "../../server/listen.ts";
import { onError } from "../../server/problem.ts";
import { createFsStorage } from "../../server/storage/fs.ts";
import { storageRoutes } from "../../server/storage/routes.ts";
import type { ObjectFacts, Storage } from "../../server/storage/storage.ts";

interface Subject {
  storage: Storage;
  /** Where an object is read from. */
  urlOf: (key: string) => string;
  /** Lets time pass for signatures. */
  pass: (seconds: number) => void;
}

/** Every implementation, each really served over HTTP. */
const implementations: Record<string, () => Promise<Subject>> = {
  async fs() {
    const folder = await mkdtemp(join(tmpdir(), "deferred-storage-"));
    let skew = 0;
    const app = new Hono();
    const listener = await listen("127.0.0.1", 0, (request) => app.fetch(request));
    const base = `http://127.0.0.1:${listener.port}`;
    const storage = createFsStorage({
      folder,
      uploadUrl: base,
      secret: "a secret of the test",
      now: () => Date.now() + skew,
    });
    app.onError(onError(pino({ level: "silent" })));
    app.route("/", storageRoutes(storage));
    onTestFinished(async () => {
      await listener.close();
      await rm(folder, { recursive: true, force: true });
    });
    return {
      storage,
      urlOf: (key) => `${base}/${key}`,
      pass: (seconds) => (skew += seconds * 1000),
    };
  },
};

const key = "results/r1/1/notes.txt";
const text = "Grüße\n";
const factsOf = (body: string, type = "text/plain; charset=utf-8"): ObjectFacts => ({
  size: Buffer.byteLength(body),
  type,
  sha256: createHash("sha256").update(body).digest("hex"),
});

function put(url: string, headers: Record<string, string>, body: string) {
  const { "content-length": _, ...rest } = headers;
  return fetch(url, { method: "PUT", headers: rest, body });
}

describe.for(Object.entries(implementations))("storage %s", ([, open]) => {
  test("keeps what the server puts, with its facts", async () => {
    const { storage, urlOf } = await open();
    await storage.put(key, Buffer.from(text), "text/plain; charset=utf-8");
    expect(await storage.stat(key)).toEqual(factsOf(text));
    const response = await fetch(urlOf(key));
    expect(await response.text()).toBe(text);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    await storage.put(key, Buffer.from("newer"), "text/plain; charset=utf-8");
    expect(await (await fetch(urlOf(key))).text()).toBe("newer");
  });

  test("has nothing where nothing was put, or where it was removed", async () => {
    const { storage, urlOf } = await open();
    expect(await storage.stat(key)).toBeUndefined();
    expect((await fetch(urlOf(key))).status).toBe(404);
    await storage.put(key, Buffer.from(text), "text/plain; charset=utf-8");
    await storage.remove("results/r1");
    await storage.remove("results/r1");
    expect(await storage.stat(key)).toBeUndefined();
  });

  test("takes an upload of exactly what was signed", async () => {
    const { storage } = await open();
    const { url, headers } = await storage.presignPut(key, factsOf(text), 60);
    expect((await put(url, headers, text)).status).toBe(200);
    expect(await storage.stat(key)).toEqual(factsOf(text));
  });

  test("refuses an upload that is longer, shorter, other, later, or goes elsewhere", async () => {
    const { storage, pass } = await open();
    const { url, headers } = await storage.presignPut(key, factsOf(text), 60);
    const refused = async (to: string, body: string) => {
      const { status } = await put(to, headers, body);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    };
    await refused(url, `${text}more`);
    await refused(url, "Gr\n");
    await refused(url, "grüße\n");
    await refused(url.replace("notes.txt", "other.txt"), text);
    await refused(url.replace("size=8", "size=9"), `${text}!`);
    await refused(url.replace(/signature=[^&]*/, "signature=AAAA"), text);
    await refused(url.replace(/[?].*/, ""), text);
    pass(61);
    await refused(url, text);
    expect(await storage.stat(key)).toBeUndefined();
    expect(await storage.stat("results/r1/1/other.txt")).toBeUndefined();
  });

  test("keeps names that no file system has, and lets none out of its place", async () => {
    const { storage, urlOf } = await open();
    const long = `results/r1/1/${encodeURIComponent("ü".repeat(150))}.txt`;
    await storage.put(long, Buffer.from(text), "text/plain; charset=utf-8");
    expect(await (await fetch(urlOf(long))).text()).toBe(text);
    for (const path of ["results/%2e%2e/%2e%2e/secret", "results//x", "results/r1/1/%00"]) {
      expect((await fetch(urlOf(path))).status).toBe(404);
    }
    await expect(
      storage.put("results/../../out", Buffer.from(text), "text/plain"),
    ).rejects.toThrow();
  });

  test("shows pictures and plain text in place, and hands everything else over as a file", async () => {
    const { storage, urlOf } = await open();
    const dispositionOf = async (name: string, type: string) => {
      const at = `results/r1/1/${name}`;
      await storage.put(at, Buffer.from("<script>alert(1)</script>"), type);
      const { headers } = await fetch(urlOf(at));
      expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("access-control-allow-origin")).toBe("*");
      return headers.get("content-disposition")?.split(";")[0];
    };
    expect(await dispositionOf("a.png", "image/png")).toBe("inline");
    expect(await dispositionOf("a.txt", "text/plain; charset=utf-8")).toBe("inline");
    expect(await dispositionOf("a.html", "text/html; charset=utf-8")).toBe("attachment");
    expect(await dispositionOf("a.svg", "image/svg+xml")).toBe("attachment");
  });

  test("serves a part of an object", async () => {
    const { storage, urlOf } = await open();
    await storage.put(key, Buffer.from("0123456789"), "text/plain; charset=utf-8");
    const part = async (range: string) => {
      const response = await fetch(urlOf(key), { headers: { range } });
      return [response.status, await response.text()];
    };
    expect(await part("bytes=2-4")).toEqual([206, "234"]);
    expect(await part("bytes=8-")).toEqual([206, "89"]);
    expect((await part("bytes=99-"))[0]).toBe(416);
  });
});
