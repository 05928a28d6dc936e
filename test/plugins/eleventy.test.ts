import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { COMPILED } from "../compiled.ts";
import { siteFolder, writeSite } from "../site/site-folder.ts";
import { expectTorture, torturePage } from "./torture.ts";

const ROOT = join(import.meta.dirname, "../..");
const SCRIPT = '<script type="module" src="https://runner.example/deferred-runner.js"></script>';

const CONFIG = `
import { eleventyDeferred } from "deferred-runner/eleventy";
export default (config) => {
  config.addPlugin(eleventyDeferred, { aud: "https://runner.example", project: "ada/blog" });
};
`;

/** Builds a site with the real generator, as a process of its own. */
function build(cwd: string): Promise<unknown> {
  const hook = pathToFileURL(join(ROOT, "setup/from-source.mjs")).href;
  const command = join(ROOT, "node_modules/@11ty/eleventy/cmd.cjs");
  return promisify(execFile)(process.execPath, ["--import", hook, command, "--input=in"], {
    cwd,
    env: { ...process.env, ...COMPILED },
  });
}

test("Eleventy builds pages whose blocks are signed, with the braces of their code", async () => {
  const { root } = siteFolder();
  const page = (name: string) => readFileSync(join(root, "_site", name), "utf8");
  writeSite(root, {
    "eleventy.config.js": CONFIG,
    "in/_includes/page.njk": "<!doctype html><html><body>{{ content | safe }}</body></html>",
    "in/post.md": `---\nlayout: page.njk\ntitle: A post\n---\n{{ title }}\n\n${torturePage()}`,
    "in/crlf.md": `---\r\nlayout: page.njk\r\n---\r\n${torturePage("\r\n")}`,
    "in/nunjucks.md": `---\ntemplateEngineOverride: njk,md\n---\n${torturePage()}`,
    "in/own.njk": `<body><pre data-deferred="cache=1h"><code class="language-python">print(1)</code></pre></body>`,
    "in/plain.md": "---\nlayout: page.njk\n---\nNo block, {{ 1 | plus: 2 }}.",
    "in/feed.njk": `---\npermalink: /feed.xml\neleventyExcludeFromCollections: true\n---\n{% for post in collections.all %}{{ post.content }}{% endfor %}`,
  });
  await build(root);
  expectTorture(page("post/index.html"), "post.md");
  expectTorture(page("crlf/index.html"), "crlf.md");
  expectTorture(page("nunjucks/index.html"), "nunjucks.md");
  expect(page("post/index.html")).toContain("<p>A post</p>");
  expect(page("post/index.html").split(SCRIPT)).toHaveLength(2);
  expect(page("own/index.html")).toContain("<deferred-runner block=");
  expect(page("plain/index.html")).toContain("<body><p>No block, 3.</p>\n</body>");
  expect(page("feed.xml")).not.toMatch(/[\uE07B\uE03C]/);
});

test("a block that can't be signed fails Eleventy's build, and names its line", async () => {
  const { root } = siteFolder();
  writeSite(root, {
    "eleventy.config.js": CONFIG,
    "in/post.md": "---\ntitle: A\n---\nText.\n\n```python run cash=1h\nprint(1)\n```\n",
  });
  await expect(build(root)).rejects.toThrow(/in\/post\.md:6: .*cash/);
});
