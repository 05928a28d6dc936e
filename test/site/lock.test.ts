import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { inspectBlock } from "../../blocks/inspect.ts";
import { newKeyPair } from "../../blocks/keys.ts";
import { SiteError, type SiteOptions } from "../../cli/site/plugin.ts";
import { findBlocks } from "../../cli/page/blocks.ts";
import { loseKey, siteFolder } from "./site-folder.ts";

const fence = { info: "python run cache=1h", code: "print(1)\n", line: 12 };
const pageOf = (code: string, mark = "cache=1h") =>
  `<pre data-deferred="${mark}"><code class="language-python">${code}</code></pre>`;

function lockOf(root: string) {
  const text = readFileSync(join(root, "deferred-blocks.lock.json"), "utf8");
  return { text, file: JSON.parse(text) };
}

test("without a key, known blocks keep their tokens byte for byte, and new ones are refused", () => {
  const { root, open } = siteFolder();
  const first = open();
  const html = first.signHtml(pageOf("print(1)"), "a.html").html;
  expect(first.save()).toBe(true);
  const before = lockOf(root).text;

  loseKey();
  // The lock says for whom and which server the site is signed.
  const again = open({ project: undefined, aud: undefined });
  expect(again.signHtml(pageOf("print(1)"), "a.html").html).toBe(html);
  const { problems } = again.signHtml(`\n${pageOf("print(2)")}`, "b.html");
  expect(problems).toMatchObject([
    {
      file: "b.html",
      line: 2,
      message: expect.stringContaining("not in deferred-blocks.lock.json"),
    },
  ]);
  expect(problems[0]!.hint).toMatch(/where the key is .* DEFERRED_SIGNING_KEY/);
  expect(again.save()).toBe(false);
  expect(lockOf(root).text).toBe(before);
});

test("a changed code gets a new token, as do changed terms, another server and another project", () => {
  const { open } = siteFolder();
  const tokenOf = (code: string, mark?: string, options?: SiteOptions) => {
    const site = open(options);
    const [block] = site.signHtml(pageOf(code, mark), "a.html").blocks;
    site.save();
    return block!.block;
  };
  const first = tokenOf("print(1)");
  const others = [
    tokenOf("print(2)"),
    tokenOf("print(1)", "cache=2h"),
    tokenOf("print(1)", "cache=1h", { aud: "https://other.example" }),
    tokenOf("print(1)", "cache=1h", { project: "ada/other" }),
    tokenOf("print(1)", "cache=1h", { aud: false }),
  ];
  expect(new Set([first, ...others]).size).toBe(6);
  expect(tokenOf("print(1)")).toBe(first);
  expect(tokenOf("  print(1)  ".trimEnd())).toBe(first);
  expect(inspectBlock(others.at(-1)!).claims.aud).toBeUndefined();
});

test("a page that another process compiles at the same time keeps its tokens", () => {
  const { root, open } = siteFolder();
  const [one, two] = [open(), open()];
  one.signHtml(pageOf("print(1)"), "a.html");
  two.signHtml(pageOf("print(2)"), "b.html");
  one.save();
  two.save();
  expect(Object.keys(lockOf(root).file.blocks)).toHaveLength(2);
});

test("what another process has recorded or renewed since stays", () => {
  const { root, open } = siteFolder();
  const first = open();
  const { block: recorded } = first.signHtml(pageOf("print(1)"), "a.html").blocks[0]!;
  const { block: renewed } = first.signHtml(pageOf("print(2)"), "b.html").blocks[0]!;
  first.save();

  // A generator that watches its files has read the lock before.
  const watching = open();
  const recording = open();
  recording.signHtml(pageOf("print(1)"), "a.html");
  recording.lock.setOutput(recorded, { at: "2026-01-01T00:00:00Z", text: "1\n" });
  recording.save();
  const renewing = open({ renew: true });
  const { block: newer } = renewing.signHtml(pageOf("print(2)"), "b.html").blocks[0]!;
  renewing.save();
  watching.signHtml(pageOf("print(1)") + pageOf("print(3)"), "a.html");
  watching.save();

  const entries = Object.values<{ block: string; output?: unknown }[]>(lockOf(root).file.blocks);
  expect(entries.flat()).toHaveLength(3);
  expect(entries.flat()).toContainEqual({
    block: recorded,
    output: { at: "2026-01-01T00:00:00Z", text: "1\n" },
  });
  expect(entries.flat().map(({ block }) => block)).toContain(newer);
  expect(newer).not.toBe(renewed);
});

test("recorded output goes below a pre; in a paragraph it is left out, and told", () => {
  const { open } = siteFolder();
  const site = open();
  const page = `${pageOf("print(1)")}<p>x <code class="language-python" data-deferred>print(2)</code>`;
  const { blocks } = site.signHtml(page, "a.html");
  for (const { block } of blocks) {
    site.lock.setOutput(block, { at: "2026-01-01T00:00:00Z", text: "1\n" });
  }
  const recorded = site.signHtml(page, "a.html");
  expect(recorded.html.match(/<output[^>]*>/g)).toEqual(["<output data-recorded>"]);
  expect(recorded.html).toMatch(
    /<p>x <deferred-runner [^>]+><code [^]+<\/code><\/deferred-runner>/,
  );
  expect(recorded.blocks.map(({ notes }) => notes)).toEqual([
    [],
    ["its recorded output is left out: a paragraph can't hold it, so use a pre"],
  ]);
  expect(recorded.blocks.map(({ output }) => output?.text)).toEqual(["1\n", "1\n"]);
  expect(site.signHtml(recorded.html, "a.html").html).toBe(recorded.html);
});

test("a page without a new block leaves the lock as another process has written it", () => {
  const { root, open } = siteFolder();
  const site = open();
  site.signHtml(pageOf("print(1)"), "a.html");
  expect(site.save()).toBe(true);
  const path = join(root, "deferred-blocks.lock.json");
  writeFileSync(path, `${lockOf(root).text}\n`);
  site.signHtml(pageOf("print(1)"), "a.html");
  expect(site.save()).toBe(false);
  expect(lockOf(root).text.endsWith("\n\n")).toBe(true);
});

test("prune takes what no page has, and only that", () => {
  const { root, open } = siteFolder();
  const site = open();
  site.signHtml(pageOf("print(1)") + pageOf("print(2)") + pageOf("print(1)", "edit"), "a.html");
  site.save();
  const later = open();
  later.signHtml(pageOf("print(1)"), "a.html");
  expect(later.lock.unused).toBe(2);
  expect(later.lock.prune()).toBe(2);
  later.save({ pruned: true });
  expect(Object.values(lockOf(root).file.blocks).flat()).toHaveLength(1);
});

test("what has expired is signed again, and what ends soon where that is asked for", () => {
  const { open } = siteFolder();
  const sign = (options?: SiteOptions) => {
    const site = open(options);
    const page = site.signHtml(pageOf("print(1)", "expires=2h"), "a.html");
    site.save();
    return page.blocks[0]!;
  };
  const first = sign();
  const { iat, exp } = inspectBlock(first.block).claims;
  expect(exp! - iat).toBe(7200);
  expect(sign({ expiresWithinS: 3600 })).toMatchObject({ isNew: false, block: first.block });
  expect(sign({ expiresWithinS: 7201 })).toMatchObject({ isNew: true });
  expect(sign({ renew: true })).toMatchObject({ isNew: true });
});

describe("a lock that can't be used is refused", () => {
  test.each([
    ["<<<<<<< HEAD\n{}\n>>>>>>> main\n", /merge conflict/],
    ['{"version": 2}', /restore it/],
    ["", /restore it/],
  ])("%j", (text, hint) => {
    const { root, open } = siteFolder();
    writeFileSync(join(root, "deferred-blocks.lock.json"), text);
    expect(() => open()).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(hint), exitCode: 65 }),
    );
  });
});

describe("a key in the variable that can't sign is refused, and not shown", async () => {
  const { privateJwk, publicJwk } = await newKeyPair();
  test.each([
    ["no key", '{"kty":"OKP","d":"secret"}'],
    ["its public part", JSON.stringify(publicJwk)],
    ["a path", "/home/ada/secret.json"],
    ["half of it", JSON.stringify(privateJwk).slice(0, 60)],
    ["a private part of another length", JSON.stringify({ ...privateJwk, d: "c2VjcmV0" })],
    ["that of another key", JSON.stringify({ ...(await newKeyPair()).privateJwk, ...publicJwk })],
    ["another algorithm", JSON.stringify({ ...privateJwk, alg: "ES256" })],
    ["RSA", '{"kty":"RSA","n":"x","e":"AQAB","d":"secret","kid":"x","alg":"RS256"}'],
  ])("%s", (_what, text) => {
    const { open } = siteFolder();
    vi.stubEnv("DEFERRED_SIGNING_KEY", text);
    const { problems } = open().signHtml(pageOf("print(1)"), "a.html");
    expect(problems).toMatchObject([
      {
        message: "DEFERRED_SIGNING_KEY holds no private key",
        hint: expect.stringContaining("the whole line that deferred keys new --ci printed"),
      },
    ]);
    expect(JSON.stringify(problems)).not.toMatch(/secret|c2Vj/);
  });
});

describe("a fence", () => {
  test.each([
    ["python run cache=1h", 3600],
    ["{.python .run cache=1h}", 3600],
    ["{run cache=1h}", 3600],
    ["python {run cache=1h}", 3600],
    ["python {hl_lines=[1] run=true cache=1h}", 3600],
    ['{1,3} title="own.py" run cache=1h', 3600],
    ["python {1,3} {.run cache=1h}", 3600],
    ["run", undefined],
  ])("%s is a block", (info, cache) => {
    const { open } = siteFolder();
    const signed = open()
      .openPage("post.md")
      .signFence({ ...fence, language: "python", info })!;
    expect(inspectBlock(signed.block).claims).toMatchObject({ runtime: "python" });
    expect(inspectBlock(signed.block).claims.cache_s).toBe(cache);
    expect(inspectBlock(signed.block).claims.title).toBeUndefined();
    const html = `${signed.open}<pre><code>print(1)</code></pre>${signed.close}`;
    expect(findBlocks(html, undefined)).toMatchObject([{ code: "print(1)", block: signed.block }]);
  });

  test.each(["python", "", null, 'js title="how to run"', "{1,3}", "running", "trun=1"])(
    "%s is none",
    (info) => {
      const { open } = siteFolder();
      expect(
        open()
          .openPage("post.md")
          .signFence({ ...fence, info }),
      ).toBeUndefined();
    },
  );

  test("that can't be signed is an error with its line", () => {
    const page = siteFolder().open().openPage("post.md");
    const sign = () => page.signFence({ ...fence, info: "python run chache=1h" });
    expect(sign).toThrow(SiteError);
    expect(sign).toThrow("post.md:12: unknown option 'chache=1h'");
  });
});

test("files and set-up come from the site's folder, and are sent with the block", () => {
  const { root, open } = siteFolder();
  writeFileSync(join(root, "data.csv"), "a,b\n");
  writeFileSync(join(root, "setup.py"), "import csv\n");
  const { html, problems } = open().signHtml(
    pageOf("print(1)", "file=data.csv setup=setup.py files='b.csv=data.csv'"),
    "a.html",
  );
  expect(problems).toEqual([]);
  const [block] = findBlocks(html, undefined);
  expect(block!.sent).toMatchObject({ files: { "data.csv": "YSxiCg" }, setup: "import csv\n" });
  expect(Object.keys(block!.sent.files!)).toEqual(["data.csv", "b.csv"]);
});
