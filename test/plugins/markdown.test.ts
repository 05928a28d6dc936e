import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { evaluate } from "@mdx-js/mdx";
import MarkdownIt from "markdown-it";
import { createElement } from "react";
import * as jsx from "react/jsx-runtime";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { findBlocks } from "../../cli/page/blocks.ts";
import { openSite } from "../../cli/site/plugin.ts";
import { hideBraces, showBraces } from "../../plugins/hidden-braces.ts";
import { readInfo } from "../../plugins/info-string.ts";
import { markdownItDeferred } from "../../plugins/markdown-it.ts";
import { rehypeDeferred } from "../../plugins/rehype.ts";
import { loseKey, siteFolder } from "../site/site-folder.ts";
import { expectTorture, RECORDED, torturePage } from "./torture.ts";

const FENCE = "```python run\nprint(1)\n```\n";

function optionsIn(root: string) {
  return { root, project: "ada/blog", aud: "https://runner.example" };
}

function markdownIn(root: string) {
  return new MarkdownIt({ typographer: true, linkify: true }).use(
    markdownItDeferred,
    optionsIn(root),
  );
}

/** Renders a page as MDX, with a site's own component for code. */
async function renderMdx(root: string, page: string): Promise<string> {
  const { default: Content } = await evaluate(page, {
    ...jsx,
    rehypePlugins: [[rehypeDeferred, optionsIn(root)]],
  });
  const pre = ({ children }: { children?: unknown }) =>
    createElement("div", { className: "theme-code" }, children as never);
  return renderToStaticMarkup(createElement(Content, { components: { pre } }));
}

/** Puts an output into each entry of the lock, as `deferred sign site --record` does. */
function record(root: string, text: string): void {
  const file = join(root, "deferred-blocks.lock.json");
  const lock = JSON.parse(readFileSync(file, "utf8"));
  for (const entry of Object.values<{ output?: unknown }[]>(lock.blocks).flat()) {
    entry.output = { at: "2026-11-30T09:00:00Z", text };
  }
  writeFileSync(file, JSON.stringify(lock));
}

describe.each([
  ["markdown-it", async (root: string, page: string) => markdownIn(root).render(page)],
  ["MDX", renderMdx],
])("%s", (name, render) => {
  test.each(["\n", "\r\n"])("code survives it as it is, with line ends %j", async (lineEnd) => {
    const { root } = siteFolder();
    const html = await render(root, torturePage(lineEnd));
    expectTorture(html, name);
    // Recording and checking of built pages needs the mark: `sign site` reads it again.
    const site = openSite(optionsIn(root));
    expect(site.signHtml(html, name)).toMatchObject({ problems: [], blocks: { length: 6 } });
    expectTorture(site.signHtml(html, name).html, name);
  });

  test("a second build takes the tokens and the output from the lock, without a key", async () => {
    const { root } = siteFolder();
    const first = findBlocks(await render(root, FENCE), undefined);
    record(root, "  two {b} {{ c }} <x>\n\n\tend\n");
    loseKey();
    const again = await render(`${root}/.`, FENCE);
    expect(findBlocks(again, undefined)).toEqual(first);
    expect(again).toContain("<pre>  two {b} {{ c }} &lt;x&gt;\n\n\tend</pre></output>");
    expect(again).toMatch(/<time date[Tt]ime="2026-11-30T09:00:00Z">/);
  });

  test("a block that can't be signed fails the build, and says where and what to do", async () => {
    const { root } = siteFolder();
    loseKey();
    await expect(render(root, `Text.\n\n${FENCE}`)).rejects.toThrow(
      /^Markdown:3: it is not in deferred-blocks.lock.json, and it can't be signed.*\nhint: .*DEFERRED_SIGNING_KEY/,
    );
  });
});

test("a line in a message counts the front matter that the generator took away", () => {
  const { root } = siteFolder();
  const path = join(root, "post.md");
  const page = "\n```python run cash=1h\nprint(1)\n```\n";
  writeFileSync(path, `---\ntitle: A\n---\n${page}`);
  expect(() => markdownIn(root).render(page, { path })).toThrow(`${path}:5: `);
});

test.each([
  ["python run cache=1h", "python", "", "cache=1h"],
  ['python {1,3} title="x" run edit  name=a', "python", '{1,3} title="x"', "edit  name=a"],
  ["python run", "python", "", ""],
  ['js title="how to run it" run edit', "js", 'title="how to run it"', "edit"],
  ["{.python .run cache=1h}", "python", "", "cache=1h"],
  ["python {linenos=table} {.run cache=1h}", "python", "{linenos=table}", "cache=1h"],
  ["python {run cache=1h}", "python", "", "cache=1h"],
  ["{run runtime=python}", "", "", "runtime=python"],
])("the info string %j is divided between highlighter and mark", (info, language, meta, mark) => {
  expect(readInfo(info)).toEqual({ language, meta, mark });
});

describe("template engines see nothing to act on in runnable fences", () => {
  test.each(["\n", "\r\n"])("with line ends %j", (lineEnd) => {
    const page = torturePage(lineEnd);
    const hidden = hideBraces(page, "post.md");
    expect(hidden.replace(/```python\r?\n.*/g, "")).not.toMatch(/\{[{%#]|[}%#]\}|<%/);
    expect(showBraces(hidden)).toBe(page);
  });

  test("and all else is theirs", () => {
    const page =
      "{{ title }}\n\n```python\n{{ x }}\n```\n\n`{{ y }}`\n" +
      '```js title="how to run"\n{{ z }}\n```\n```js title="to run it"\n{{ z }}\n```\n';
    expect(hideBraces(page, "post.md")).toBe(page);
  });

  test("except in code that holds a character that stands for a brace", () => {
    expect(() => hideBraces("```python run\n'\uE07B'\n```\n", "post.md")).toThrow(
      "post.md:2: U+E07B, U+E07D and U+E03C can't be in a block",
    );
  });
});

// What the slow lane built with generators that are too heavy for each run of the suite.
test.each(["astro", "docusaurus", "vitepress", "wordpress"])(
  "the page that %s built has the code of its tokens",
  (name) => {
    expectTorture(readFileSync(join(RECORDED, `torture-${name}.html`), "utf8"), name);
  },
);
