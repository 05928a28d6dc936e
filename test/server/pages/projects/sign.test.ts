import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { codeDigest } from "../../../../blocks/digest.ts";
import { inspectBlock } from "../../../../blocks/inspect.ts";
import { verifyFiles, verifyParts } from "../../../../blocks/parts.ts";
import { makeWebKey, signInBrowser } from "../../../../blocks/web-crypto.ts";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import { claimsOf } from "../../../../server/pages/projects/sign/claims.ts";
import { formOfBlock } from "../../../../server/pages/projects/sign/form-of-block.ts";
import { readSignForm } from "../../../../server/pages/projects/sign/form.ts";
import { signIn } from "../../sign-in.ts";
import { startSystem, url } from "../../system.ts";
import { BROWSER, owner, PROJECT } from "../published-block.ts";

const form = (fields: Record<string, string>) =>
  readSignForm(new URLSearchParams({ source: "print(1)", runtime: "python", ...fields }));

const STORED = JSON.stringify({ "data.csv": { sha256: "a".repeat(64), size: 300_000 } });

test.each([
  [{ source: " \n" }, { source: "Paste the program here, or drop its file." }],
  [{ source: "a\0b" }, { source: "Line 1 holds NUL, which a block may not hold." }],
  [{ source: "x".repeat(300_000) }, { source: "A block has 262 kB at most; this has 300 kB." }],
  [{ runtime: "perl" }, { runtime: "Choose one of bash, node, python, ruby." }],
  [{ runtime: "node", value: "on" }, { value: /^The last expression of node has no value/ }],
  [{ inputs: "n=integer\nn=text" }, { inputs: "n: it is there twice." }],
  [{ inputs: "Sum" }, { inputs: /^Sum: it is not of the form/ }],
  [{ inputs: "a=text,as=stdin\nb=text,as=stdin" }, { inputs: "Only one input may be stdin." }],
  [
    { wall_s: "soon", memory_mb: "1.5" },
    { wall_s: /^Seconds/, memory_mb: /^A whole/ },
  ],
  [{ network: "http://x" }, { network: /^Names of hosts/ }],
  [{ network: "any", edit: "on" }, { edit: /gets no network/ }],
  [{ origins: "blog" }, { origins: /“blog” is no site’s address/ }],
  [
    { title: "x".repeat(201), show: "film" },
    { title: /^A title/, show: /^Choose one of text/ },
  ],
  [
    { expires: "soon", cpu_s: "0", processes: "1.5" },
    { expires: /^A time/, cpu_s: /^Seconds/, processes: "A whole number, 1 or more." },
  ],
  [{ version: "new" }, { version: "A version of digits and dots, such as 3.11." }],
  [{ setup: "a\0b" }, { setup: "Line 1 holds NUL, which a block may not hold." }],
  [{ before: "x".repeat(262_140) }, { before: /^With the program they have 262 kB/ }],
  [{ files: "main.py:eA" }, { files: /^main.py is a name that programs get/ }],
  [{ files: "a:eA a/b:eA" }, { files: "a is a folder of another file as well." }],
  [{ files: Array.from({ length: 51 }, (_, n) => `f${n}:eA`).join(" ") }, { files: /50 files/ }],
  [{ stored: "{" }, { files: "Choose the files again." }],
  [{ stored: STORED }, { files: /stored with the block’s public page: tick it/ }],
  [{ as: "Mine", publish: "on" }, { as: /^Small letters/ }],
  [{ as: "mine" }, { as: "Tick the public page, or leave it empty." }],
  [{ cache: "0.5" }, { cache: /^A time of a second or more/ }],
])("%j has its mistakes by field", (fields, mistakes) => {
  const matching = Object.entries(mistakes).map(([name, words]) => [
    name,
    typeof words === "string" ? words : expect.stringMatching(words),
  ]);
  expect(form(fields)).toEqual({ mistakes: Object.fromEntries(matching) });
});

test("the form states what a block claims, and reads it again", async () => {
  const fields = {
    source: "\r\n  print(1)\r\n     \r\n  print(2)\r\n",
    title: " Two  lines ",
    inputs: "n=integer,min=1,max=9,default=3,label=How many\r\nmode=choice,values=a|b",
    wall_s: "2.5",
    memory_mb: "64",
    network: "api.example.org *.example.com",
    cache: "1h",
    version: "3.11",
    processes: "9999",
    expires: "90d",
    any_server: "on",
    setup: "import math",
    before: "\na = 1\r\n",
    files: "data.csv:eHk lib/a.py:eA",
    origins: "https://blog.example/post, https://blog.example",
    show: "table",
    value: "on",
    once: "on",
  };
  const read = form(fields);
  if ("mistakes" in read) throw new Error(JSON.stringify(read));
  expect(read.code).toBe("print(1)\n\nprint(2)\n");
  expect(read.changes).toEqual([
    "Blanks on otherwise empty lines are not a part of the code: line 3.",
    "processes=9999 is above the server's ceiling: it gets processes=256.",
  ]);
  expect(read.terms).toEqual({
    runtime: "python@3.11",
    title: "Two lines",
    inputs: {
      n: { type: "integer", min: 1, max: 9, default: 3, label: "How many" },
      mode: { type: "choice", values: ["a", "b"] },
    },
    limits: {
      wall_s: 2.5,
      memory_mb: 64,
      processes: 9999,
      network: ["api.example.org", "*.example.com"],
    },
    cache_s: 3600,
    origins: ["https://blog.example"],
    show: "table",
    value: "last",
    retry: "never",
  });
  const facts = { project: "a/b", server: url, id: "x", now: 1_000 };
  const claims = await claimsOf(read, facts);
  expect(claims).toEqual({
    ...{ ...read.terms, iss: "a/b", iat: 1, exp: 1 + 90 * 86_400, jti: "x" },
    code: codeDigest(read.code),
    setup: codeDigest("import math\n"),
    after: [codeDigest("a = 1\n")],
    files: { "data.csv": fileClaimOf("xy"), "lib/a.py": fileClaimOf("x") },
  });
  // The server's checks of a request find in it what the claims name.
  const request = { code: read.code, ...read.parts };
  expect(verifyParts(claims, request, read.code)).toEqual(["import math\n", "a = 1\n"]);
  const files = verifyFiles(claims, request);
  const again = readSignForm(formOfBlock(claims, read.code, { ...read.parts, files }));
  expect(again).toEqual({ ...read, changes: read.changes.slice(1) });
});

const fileClaimOf = (text: string) => ({
  sha256: createHash("sha256").update(text).digest("hex"),
  size: text.length,
});

test("a key of the browser signs, or one that the server holds where the project says so", async () => {
  const system = await startSystem();
  const cookie = await signIn(system);
  const headers = { ...BROWSER, cookie, origin: url };
  const at = pagePaths.sign(PROJECT);
  const send = (path: string, fields: Record<string, string>) =>
    system.call("POST", path, new URLSearchParams(fields).toString(), {
      ...headers,
      "content-type": "application/x-www-form-urlencoded",
    });
  const page = async (path: string) => (await system.call("GET", path, undefined, headers)).text();
  const program = { source: "print(1)", runtime: "python" };

  const unsigned = await send(at, { ...program, by_server: "on" });
  expect(unsigned.status).toBe(422);
  expect(await unsigned.text()).toContain("the key is in your browser");

  const key = await makeWebKey({ extractable: false });
  const jwk = JSON.stringify(key.publicJwk);
  expect((await send(`${at}/keys`, { jwk: "{", label: "x" })).status).toBe(422);
  expect((await send(`${at}/keys`, { jwk, label: "browser" })).status).toBe(201);
  const read = readSignForm(new URLSearchParams({ ...program, title: "Mine" }));
  if ("mistakes" in read) throw new Error("it is right");
  const claims = { iss: PROJECT, aud: url, iat: 1, jti: "m", code: codeDigest(read.code) };
  const block = await signInBrowser({ ...claims, ...read.terms }, key);
  const other = await send(at, { ...program, source: "print(2)", title: "Mine", block });
  expect(other.status).toBe(422);
  expect(await other.text()).toContain("is not the code its author signed");
  const signed = await send(at, { ...program, title: "Mine", block });
  const own = signed.headers.get("location")!;
  expect(own).toMatch(/^\/projects\/local\/demo\/blocks\/\w{16}$/);
  expect(await page(own)).toContain(key.kid);
  const sites = { ...program, origins: "https://blog.example" };
  const terms = readSignForm(new URLSearchParams(sites));
  if ("mistakes" in terms) throw new Error("it is right");
  const limited = await signInBrowser({ ...claims, jti: "s", ...terms.terms }, key);
  const request = { block: limited, code: "print(1)" };
  const press = async () =>
    (await system.call("POST", paths.runs, request, { origin: url })).status;
  expect(await press()).toBe(403);
  await send(at, { ...sites, block: limited });
  // Its own page runs it, whatever sites it names.
  expect(await press()).toBe(202);
  expect(await page(`${at}?block=${own.split("/").at(-1)}`)).toContain('value="Mine"');

  const authorization = `Bearer ${system.ownerToken.trim()}`;
  const settings = { settings: { server_key: true } };
  await system.call("PATCH", paths.project(PROJECT), settings, { authorization });
  expect(await page(at)).toContain("Sign with the key that this server holds");
  const kids: string[] = [];
  for (let time = 0; time < 2; time++) {
    const byServer = await send(at, { ...program, by_server: "on" });
    expect(byServer.status).toBe(303);
    const id = byServer.headers.get("location")!.split("/").at(-1)!;
    kids.push(inspectBlock((await owner(system).read(id)).block).header.kid);
  }
  expect(kids[0]).toBe(kids[1]);

  // Files that the server stores go to it before the form.
  const large = new Uint8Array(300_000).fill(120);
  const digest = createHash("sha256").update(large).digest("hex");
  const stored = JSON.stringify({ "data.csv": { sha256: digest, size: large.length } });
  const withFile = { ...program, stored, publish: "on", as: "large", by_server: "on" };
  const { block: token } = await (await send(`${at}/token`, withFile)).json();
  expect((await send(`${at}/token`, { ...withFile, source: "" })).status).toBe(422);
  expect((await send(`${at}/token`, program)).status).toBe(422);
  const early = await send(at, { ...withFile, block: token });
  expect(await early.text()).toContain("The server lacks data.csv.");
  const announced = await (await send(`${at}/files`, { block: token })).json();
  expect(announced.files).toEqual([{ path: "data.csv", sha256: digest, size: 300_000 }]);
  const put = (body: BodyInit) =>
    system.app.request(`${at}/files/${announced.block}`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/octet-stream" },
      body,
    });
  expect((await put(large.slice(1))).status).toBe(422);
  expect((await put(large)).status).toBe(204);
  expect((await send(at, { ...withFile, block: token })).status).toBe(303);
  expect((await owner(system).read("large")).state).toBe("published");
  const keys = await (
    await system.call("GET", paths.keys(PROJECT), undefined, { authorization })
  ).text();
  expect(keys).toContain(`{"kid":"${kids[0]}","label":"held by the server"`);
  await system.close();
  expect((await readFile(system.folder.database)).includes('"d":"')).toBe(false);
});
