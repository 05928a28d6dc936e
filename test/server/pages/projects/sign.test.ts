import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { inspectBlock } from "../../../../blocks/inspect.ts";
import { makeWebKey, signInBrowser } from "../../../../blocks/web-crypto.ts";
import { pagePaths, paths } from "../../../../protocol/paths.ts";
import { formOfBlock, readSignForm } from "../../../../server/pages/projects/sign/form.ts";
import { signIn } from "../../sign-in.ts";
import { startSystem, url } from "../../system.ts";
import { BROWSER, owner, PROJECT } from "../published-block.ts";

const form = (fields: Record<string, string>) =>
  readSignForm(new URLSearchParams({ source: "print(1)", runtime: "python", ...fields }));

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
  [{ cache: "0.5" }, { cache: "Choose how long a result may answer." }],
])("%j has its mistakes by field", (fields, mistakes) => {
  const matching = Object.entries(mistakes).map(([name, words]) => [
    name,
    typeof words === "string" ? words : expect.stringMatching(words),
  ]);
  expect(form(fields)).toEqual({ mistakes: Object.fromEntries(matching) });
});

test("the form states what a block claims, and reads it again", () => {
  const fields = {
    source: "\r\n  print(1)\r\n     \r\n  print(2)\r\n",
    title: " Two  lines ",
    inputs: "n=integer,min=1,max=9,default=3,label=How many\r\nmode=choice,values=a|b",
    wall_s: "2.5",
    memory_mb: "64",
    network: "api.example.org *.example.com",
    cache: "3600",
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
  ]);
  expect(read.terms).toEqual({
    runtime: "python",
    title: "Two lines",
    inputs: {
      n: { type: "integer", min: 1, max: 9, default: 3, label: "How many" },
      mode: { type: "choice", values: ["a", "b"] },
    },
    limits: { wall_s: 2.5, memory_mb: 64, network: ["api.example.org", "*.example.com"] },
    cache_s: 3600,
    origins: ["https://blog.example"],
    show: "table",
    value: "last",
    retry: "never",
  });
  const claims = { iss: "a/b", iat: 1, jti: "x", code: "", ...read.terms };
  expect(readSignForm(formOfBlock(claims, read.code))).toMatchObject({ terms: read.terms });
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
  const { codeDigest } = await import("../../../../blocks/digest.ts");
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
  const keys = await (
    await system.call("GET", paths.keys(PROJECT), undefined, { authorization })
  ).text();
  expect(keys).toContain(`{"kid":"${kids[0]}","label":"held by the server"`);
  await system.close();
  expect((await readFile(system.folder.database)).includes('"d":"')).toBe(false);
});
