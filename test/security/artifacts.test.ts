import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { BlockClaims } from "../../protocol/claims.ts";
import { paths } from "../../protocol/paths.ts";
import { listen } from "../../server/http/listen.ts";
import { eventually } from "../eventually.ts";
import { codeOf, startSystem } from "../server/system.ts";

const SCRIPT = Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>");
const sha256 = createHash("sha256").update(SCRIPT).digest("hex");

interface File {
  name: string;
  type: string;
}

/** A machine that says whatever it likes of what its program left. */
async function liar(claims: Partial<BlockClaims> = {}) {
  const system = await startSystem();
  const { id } = await system.run("print(1)", claims);
  const machine = await system.machine();
  const held = await machine.claimOne();
  const manifest = (files: readonly File[]) => ({
    attempt: held.attempt,
    artifacts: files.map((file) => ({ ...file, size: SCRIPT.length, sha256 })),
  });
  const announce = (files: readonly File[]) =>
    machine.post(paths.responder.artifacts(id), manifest(files));
  return {
    system,
    machine,
    held,
    announce,
    /** Uploads the files and ends the run; answers their addresses, in the order of their names. */
    async leave(files: readonly File[]): Promise<Record<string, string>> {
      const { uploads } = (await (await announce(files)).json()) as Uploads;
      for (const { url, headers } of uploads) {
        const put = await system.app.request(url, { method: "PUT", headers, body: SCRIPT });
        expect(put.status).toBe(200);
      }
      await machine.finish(held, {}, { artifacts: manifest(files).artifacts });
      const { ending } = await system.view(id);
      return Object.fromEntries(ending!.artifacts.map(({ name, url }) => [name, url]));
    },
  };
}

interface Uploads {
  uploads: { url: string; headers: Record<string, string> }[];
}

/** The header lines as they came. */
function get(port: number, path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path }, (response) => {
      response.resume();
      const { rawHeaders } = response;
      const lines = rawHeaders.filter((_, index) => index % 2 === 0);
      resolve(lines.map((name, index) => `${name.toLowerCase()}: ${rawHeaders[index * 2 + 1]}`));
    })
      .once("error", reject)
      .end();
  });
}

test("names that lead elsewhere, end a line or read backwards are not taken from a machine", async () => {
  const { announce } = await liar();
  for (const name of [
    ...["x\r\nset-cookie: a=b", "x\nset-cookie: a=b", "x\0y", "\ud800", "safe\u202egpj.exe"],
    ...["../../secret", "a/../../b", "..", ".", "/etc/passwd", "a//b", "a/", "a\\..\\b", ""],
  ]) {
    const { status } = await announce([{ name, type: "text/plain" }]);
    expect([name, status]).toEqual([name, 422]);
  }
  for (const type of [
    "text/html\r\nset-cookie: a=b",
    "text/html; charset=utf-8; x",
    "x",
    "a/b\n",
  ]) {
    expect([type, (await announce([{ name: "x", type }])).status]).toEqual([type, 422]);
  }
});

test("HTML, SVG and scripts are handed over as files that no page may run, whatever they are called", async () => {
  const files = [
    { name: "%0d%0aset-cookie: a=b", type: "text/html; charset=utf-8" },
    { name: 'x"; filename="y.exe', type: "image/svg+xml" },
    { name: "x'; filename*=UTF-8''y.exe", type: "application/xhtml+xml" },
    { name: "<script>alert(1)<-script>.svg", type: "image/svg+xml" },
    { name: "日本/ü é.html", type: "text/html; charset=utf-8" },
    { name: "x.js", type: "text/javascript" },
  ];
  const { leave, system } = await liar();
  const urls = await leave(files);
  const listener = await listen("127.0.0.1", 0, (asked) => system.app.fetch(asked));
  onTestFinished(() => listener.close());
  for (const { name, type } of files) {
    const lines = await get(listener.port, new URL(urls[name]!).pathname);
    const last = encodeURIComponent(name.split("/").at(-1)!);
    expect(lines).toEqual(
      expect.arrayContaining([
        `content-type: ${type}`,
        `content-disposition: attachment; filename*=UTF-8''${last}`,
        "content-security-policy: sandbox; default-src 'none'",
        "x-content-type-options: nosniff",
      ]),
    );
    expect(lines.filter((line) => line.startsWith("set-cookie"))).toEqual([]);
  }
});

test("a PDF file opens in a browser, in an opaque origin", async () => {
  const file = { name: "x.pdf", type: "application/pdf" };
  const { leave, system } = await liar();
  const urls = await leave([file]);
  const { headers } = await system.app.request(new URL(urls[file.name]!).pathname);
  expect(headers.get("content-disposition")).toBe("inline; filename*=UTF-8''x.pdf");
  expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

const FILES = [
  { name: "a.svg", type: "image/svg+xml" },
  { name: "b.html", type: "text/html; charset=utf-8" },
  { name: "c.pdf", type: "application/pdf" },
];

test("a document that a block is signed to show is sent to frames alone, in an opaque origin", async () => {
  for (const [show, type] of [
    ["html", FILES[1]!.type],
    ["pdf", FILES[2]!.type],
  ] as const) {
    const { leave, system, held } = await liar({ show });
    const urls = await leave(FILES);
    const ask = (headers: Record<string, string>) =>
      system.app.request(paths.runDocument(held.run), { headers });
    const framed = await ask({ "sec-fetch-dest": "iframe" });
    expect(framed.status).toBe(200);
    expect(Buffer.from(await framed.arrayBuffer()).equals(SCRIPT)).toBe(true);
    expect(framed.headers.get("content-type")).toBe(type);
    expect(framed.headers.get("x-content-type-options")).toBe("nosniff");
    const policy = framed.headers.get("content-security-policy")!;
    expect(policy).toMatch(/^sandbox( allow-scripts)?; default-src 'none';/);
    expect(policy).not.toMatch(/allow-same-origin|allow-top|allow-popups|allow-forms|https?:/);
    for (const dest of ["document", "empty", "object", ""]) {
      const refused = await ask(dest === "" ? {} : { "sec-fetch-dest": dest });
      expect([dest, await codeOf(refused)]).toEqual([dest, "file_not_found"]);
      expect(refused.headers.get("vary")).toContain("Sec-Fetch-Dest");
    }
    const file = await system.app.request(new URL(Object.values(urls)[1]!).pathname);
    expect(file.headers.get("content-disposition")).toMatch(/^attachment;/);
  }
});

test("no other block's files are sent to a frame", async () => {
  for (const show of [undefined, "text", "table", "svg", "image"] as const) {
    const { leave, system, held } = await liar(show && { show });
    await leave(FILES);
    const headers = { "sec-fetch-dest": "iframe" };
    const answer = await system.app.request(paths.runDocument(held.run), { headers });
    expect([show, await codeOf(answer)]).toEqual([show, "file_not_found"]);
  }
});

test("a machine has room for what its run may leave, once, however often it announces and sends", async () => {
  const { announce, held, machine, system } = await liar();
  const zeros = Buffer.alloc(16 * 2 ** 20);
  const digest = createHash("sha256").update(zeros).digest("hex");
  const most = { name: "most", type: "text/plain", size: zeros.length, sha256: digest };
  const post = (attempt: number, ...artifacts: object[]) =>
    machine.post(paths.responder.artifacts(held.run), { attempt, artifacts });
  const one = { ...most, name: "one", size: 1 };
  expect(await codeOf(await post(1, most, one))).toBe("body_too_large");

  // Its answer may have been lost, so the same is said again, and nothing else.
  await post(1, most);
  const { uploads } = (await (await post(1, most)).json()) as Uploads;
  expect(await codeOf(await announce([{ name: "x", type: "text/plain" }]))).toBe("upload_refused");

  // Nor is there room for one file that is sent many times at once.
  const { url, headers } = uploads[0]!;
  const parts = async () => (await readdir(join(system.folder.storage, "parts"))).length;
  const begin = async () => {
    const body = new ReadableStream({ start: (sender) => sender.enqueue(zeros.subarray(9)) });
    return system.app.request(url, { method: "PUT", headers, body, duplex: "half" } as RequestInit);
  };
  const ended = async (upload: Promise<Response>) => {
    const answer = await upload;
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await codeOf(answer)).toBe("overloaded");
  };
  const first = begin();
  await eventually(async () => ((await parts().catch(() => 0)) === 1 ? true : undefined));
  const second = begin();
  await ended(first);
  const put = await system.app.request(url, { method: "PUT", headers, body: zeros });
  expect(put.status).toBe(200);
  await ended(second);
  expect(await parts()).toBe(0);

  // Another attempt leaves its own.
  await machine.finish(held, { cause: "handed_back", exit_code: null });
  const again = await machine.claimOne();
  expect((await post(again.attempt, one)).status).toBe(200);
});
