import { expect, test } from "vitest";
import { newKeyPair } from "../../../blocks/keys.ts";
import { paths } from "../../../protocol/paths.ts";
import { startGitHubGists, type PlayedGist } from "../../services/github-gists.ts";
import { signCode } from "../../systems/client.ts";
import { codeOf, startSystem, url as systemUrl } from "../system.ts";

const ID = "aa5a315d61ae9438b18d";
const CODE = "print(6 * 7)\n";

async function signatureOf(): Promise<string> {
  const { privateJwk } = await newKeyPair("EdDSA");
  return signCode(CODE, systemUrl, privateJwk, { runtime: "python" });
}

test("any page may read a gist by the server, and why it can't", async () => {
  const { url } = await startGitHubGists([
    { id: ID, owner: "octocat", files: { "x.py": CODE, "x.py.block": await signatureOf() } },
  ]);
  const system = await startSystem({ DEFERRED_GITHUB_API: url });
  const read = (query = "") => system.call("GET", `${paths.gist("octocat", ID)}${query}`);
  const found = await read("?file=x.py");
  expect(await found.json()).toMatchObject({ code: CODE, language: "python" });
  expect(found.headers.get("access-control-allow-origin")).toBe("*");
  const missing = await read("?file=y.py");
  expect(missing.headers.get("access-control-allow-origin")).toBe("*");
  expect(await codeOf(missing)).toBe("gist_file_not_found");
});

test("a signed gist has a page and a frame, and a gist without one says why", async () => {
  const gist: PlayedGist = { id: ID, owner: "octocat", files: {}, isPublic: false };
  const { url } = await startGitHubGists([gist]);
  const system = await startSystem({ DEFERRED_GITHUB_API: url });
  const signed = await system.sign(CODE, { runtime: "python" });
  gist.files = { "a b.py": CODE, "a b.py.block": signed, "c.py": "print(1)" };
  const browser = { accept: "text/html", "user-agent": "Mozilla/5.0 Firefox/140.0" };
  const read = (path: string) => system.call("GET", path, undefined, browser);

  const page = await read(`/gists/octocat/${ID}`);
  const html = await page.text();
  expect(page.status).toBe(200);
  expect(html).toContain(`<deferred-runner block="${signed}" label="a b.py by octocat"`);
  expect(html).toContain(`href="https://gist.github.com/octocat/${ID}"`);
  expect(page.headers.get("x-robots-tag")).toBe("noindex");
  expect(html).toContain(`/gists/octocat/${ID}/embed`);
  const frame = await read(`/gists/octocat/${ID}/embed`);
  expect(frame.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
  expect(await frame.text()).toContain(`block="${signed}"`);

  const named = await read(`/gists/octocat/${ID}?file=a%20b.py`);
  expect(named.headers.get("location")).toBe(`/gists/octocat/${ID}/files/a%20b.py`);
  expect((await read(named.headers.get("location")!)).status).toBe(200);
  const unsigned = await read(`/gists/octocat/${ID}/files/c.py`);
  expect(unsigned.status).toBe(422);
  expect(await unsigned.text()).toContain("c.py.block is missing beside c.py");
  for (const wrong of ["octocat%0d%0a/1?file=x", `octocat/${ID}@main`, `hubot/${ID}`]) {
    const { status } = await read(`/gists/${wrong}`);
    expect([wrong, status]).toEqual([wrong, wrong.includes("?") ? 302 : 404]);
  }
  const oembed = `/oembed?url=${encodeURIComponent(`${systemUrl}/gists/octocat/${ID}/files/a%20b.py`)}`;
  expect(await (await read(oembed)).json()).toMatchObject({ title: "a b.py by octocat" });
});
