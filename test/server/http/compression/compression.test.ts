import { request, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { paths } from "../../../../protocol/paths.ts";
import { storeFile } from "../../../../server/http/compression/stored.ts";
import { listen } from "../../../../server/http/listen.ts";
import { signIn } from "../../sign-in.ts";
import { startSystem } from "../../system.ts";

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A server on a socket, read without a client that decodes by itself. */
async function served() {
  const system = await startSystem();
  const listener = await listen("127.0.0.1", 0, (request, env) => system.app.fetch(request, env));
  onTestFinished(() => listener.close());
  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    new Promise<Answer>((resolve, reject) => {
      request({ port: listener.port, path, method, headers }, (answer) => {
        buffer(answer).then(
          (body) => resolve({ status: answer.statusCode, headers: answer.headers, body }),
          reject,
        );
      })
        .on("error", reject)
        .end();
    });
  return { system, get };
}

const decode = { br: brotliDecompressSync, gzip: gunzipSync };

test("scripts, styles and pages are the same text in every coding, and smaller", async () => {
  const { get } = await served();
  const home = (await get("/")).body.toString();
  const assets = [...home.matchAll(/\/assets\/[\w.-]+\.(?:css|js)/g)].map(([path]) => path);
  expect(assets.length).toBeGreaterThan(1);
  for (const path of ["/", "/docs", "/openapi.json", ...new Set(assets)]) {
    const plain = await get(path);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.headers.vary).toMatch(/accept-encoding/i);
    for (const coding of ["br", "gzip"] as const) {
      const coded = await get(path, { "accept-encoding": coding });
      expect([path, coded.headers["content-encoding"]]).toEqual([path, coding]);
      expect(coded.headers.vary).toMatch(/accept-encoding/i);
      expect(decode[coding](coded.body).equals(plain.body)).toBe(true);
      expect(coded.body.length).toBeLessThan(plain.body.length * 0.6);
      const head = await get(path, { "accept-encoding": coding }, "HEAD");
      expect(head.headers["content-encoding"]).toBe(coding);
      expect(head.body.length).toBe(0);
    }
  }
});

test("a coding that is refused is not sent, and a tag fits every coding", async () => {
  const { get } = await served();
  for (const accept of ["br;q=0, gzip;q=0", "identity", "*;q=0", "deflate"]) {
    for (const path of ["/", "/deferred-runner.js"]) {
      const { headers } = await get(path, { "accept-encoding": accept });
      expect(headers["content-encoding"], `${path} ${accept}`).toBeUndefined();
    }
  }
  const { headers } = await get("/deferred-runner.js", { "accept-encoding": "br" });
  expect(headers["content-encoding"]).toBe("br");
  const tag = headers.etag!;
  for (const known of [tag, tag.replace("W/", ""), `"other", ${tag}`]) {
    for (const coding of ["br", "gzip", "identity"]) {
      const again = { "accept-encoding": coding, "if-none-match": known };
      expect((await get("/deferred-runner.js", again)).status).toBe(304);
    }
  }
  const other = { "if-none-match": '"other"' };
  expect((await get("/deferred-runner.js", other)).status).toBe(200);
});

test("streams, and files of runs, are sent as they are", async () => {
  const { system, get } = await served();
  const created = await system.run("print(1)");
  const machine = await system.machine();
  const assignment = await machine.claimOne();
  await machine.started(assignment);
  await machine.finish(assignment);
  await system.until(created.id, ({ ending }) => ending !== null);
  const all = { "accept-encoding": "br, gzip" };
  const events = await get(paths.runEvents(created.id), { ...all, accept: "text/event-stream" });
  expect(events.body.toString()).toContain(`"type":"ended"`);
  expect(events.headers["content-encoding"]).toBeUndefined();
  const text = await get(paths.run(created.id), { ...all, accept: "text/plain" });
  expect(text.headers["content-encoding"]).toBeUndefined();
  const result = await get(new URL(created.result_url).pathname, all);
  expect(result.headers["content-encoding"]).toBeUndefined();
  expect(Number(result.headers["content-length"])).toBe(result.body.length);
});

test("what another site loads in a signed-in browser tells nothing by its length", async () => {
  const { system, get } = await served();
  const session = await signIn(system);
  const asked = { "accept-encoding": "br", cookie: session };
  const sizes = async (from: string | undefined, path: string) =>
    (await get(path, { ...asked, ...(from === undefined ? {} : { "sec-fetch-site": from }) }))
      .headers["content-encoding"];
  expect(await sizes("cross-site", "/projects")).toBeUndefined();
  expect(await sizes("same-site", "/projects")).toBeUndefined();
  expect(await sizes("same-origin", "/projects")).toBe("br");
  expect(await sizes("none", "/projects")).toBe("br");
  expect(await sizes(undefined, "/projects")).toBe("br");
});

test("a file is compressed when a coding is first asked for, and once", async () => {
  const file = storeFile("a text ".repeat(1000), "text/plain", "digest");
  const first = file.coded("br");
  expect(file.coded("br")).toBe(first);
  expect(brotliDecompressSync(await first).equals(file.plain)).toBe(true);
  expect(gunzipSync(await file.coded("gzip")).equals(file.plain)).toBe(true);
});
