import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "parse5";
import { describe, expect, test } from "vitest";
import { codeDigest } from "../../blocks/digest.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { findBlocks } from "../../cli/page/blocks.ts";
import { attribute, findElements, pageElement } from "../../cli/page/element.ts";
import { chooseCode } from "../../cli/site/choose-code.ts";
import { holderOf } from "../../cli/site/find-marks.ts";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import { escapeText } from "../../protocol/escape-html.ts";
import { siteFolder } from "./site-folder.ts";

const SCRIPT = '<script type="module" src="https://runner.example/deferred-runner.js"></script>';
const PRE = '<pre><code class="language-python">print(1)\n</code></pre>';

function signed(html: string) {
  const site = siteFolder().open();
  const page = site.signHtml(html, "post.html");
  // A second run finds the page as it should be.
  if (page.problems.length === 0) {
    expect(site.signHtml(page.html, "post.html").html).toBe(page.html);
  }
  return { ...page, claims: page.blocks.map(({ block }) => inspectBlock(block).claims) };
}

describe("a block is marked by", () => {
  test.each([
    ["an attribute of the pre", PRE.replace("<pre", '<pre data-deferred="cache=1h"')],
    ["an attribute of the code", PRE.replace("<code", '<code data-deferred="cache=1h"')],
    ["an attribute of its wrapper", `<div class="highlight" data-deferred=cache=1h>${PRE}</div>`],
    ["a comment", `<!-- deferred: cache=1h -->\n${PRE}`],
    ["a comment with run", `<!--deferred: run cache=1h--><figure>${PRE}</figure>`],
    ["a class and options as classes", PRE.replace("python", "python run cache=1h")],
    [
      "Pandoc's classes and attributes",
      '<div class="sourceCode" id="cb1" data-cache="1h"><pre class="sourceCode python run"><code class="sourceCode python">print(1)</code></pre></div>',
    ],
    ["Hugo's attributes", `<div class="highlight" run="true" cache="1h">${PRE}</div>`],
    [
      "an element without a token",
      `<deferred-runner data-deferred="cache=1h">${PRE}</deferred-runner>`,
    ],
    [
      "the same in one line",
      `<p>One: <code class="lang-py" data-deferred="cache=1h">print(1)</code>.`,
    ],
  ])("%s", (_how, html) => {
    const { claims, problems } = signed(`<p>before</p>\n${html}\n<p>after</p>`);
    expect(problems).toEqual([]);
    expect(claims).toMatchObject([
      { runtime: "python", cache_s: 3600, code: codeDigest("print(1)\n"), iss: "ada/blog" },
    ]);
  });
});

test("two marks of one block add up", () => {
  const { claims } = signed(
    `<body><!-- deferred: cache=1h edit -->${PRE.replace("<pre", '<pre data-deferred="edit origin=https://blog.example"')}`,
  );
  expect(claims).toMatchObject([{ cache_s: 3600, edit: true, origins: ["https://blog.example"] }]);
});

test("all else of the page stays byte by byte, odd as it is", () => {
  const odd = `<!DOCTYPE html>\r\n<P CLASS=x>1 &amp 2<br/><table><td>x\r\n`;
  const end = "<ul><li>last <b>unclosed\r\n";
  const block = PRE.replace("<pre", "<PRE data-deferred").replaceAll("\n", "\r\n");
  const { html, problems, blocks } = signed(odd + block + end);
  expect(problems).toEqual([]);
  const open = `<deferred-runner block="${blocks[0]!.block}">`;
  expect(html).toBe(`${odd}${open}${block}</deferred-runner>${SCRIPT}${end}`);
});

test("a paragraph that a minifier left open ends before the element", () => {
  const { html, problems } = signed(`<p>a<p>b${PRE.replace("<pre", "<pre data-deferred")}<p>c`);
  expect(problems).toEqual([]);
  expect(html).toMatch(/^<p>a<p>b<\/p><deferred-runner [^>]+><pre data-deferred>/);
});

test("a page without marks is not touched, whatever it holds", () => {
  const page = `<p>run</p>${PRE}<div class="run">x</div><!-- deferred -->`;
  expect(signed(page).html).toBe(page);
});

test("the script is added once, behind the last block, unless the page has it", () => {
  const marked = PRE.replace("<pre", "<pre data-deferred");
  const { html } = signed(`${marked}<hr>${marked.replace("1", "2")}<hr>`);
  expect(html.split(SCRIPT)).toHaveLength(2);
  expect(html.endsWith(`</deferred-runner>${SCRIPT}<hr>`)).toBe(true);
  const own = '<script type="module" src="/js/deferred-runner.js"></script>';
  expect(signed(own + marked).html).not.toContain(SCRIPT);
  const page = siteFolder().open({ script: false }).signHtml(marked, "post.html");
  expect(page.html).not.toContain("<script");
});

test("the highlighter's wrapper comes inside the element, the author's content does not", () => {
  const wrapper = `<div class="language-python highlighter-rouge" data-deferred><div class="highlight">${PRE}</div></div>`;
  const { html } = signed(`<article><h1>Title</h1>${wrapper}</article>`);
  expect(html).toMatch(
    /<article><h1>Title<\/h1><deferred-runner [^>]+><div class="language-python/,
  );
  const alone = `<div class="highlight-posts"><p>Text</p>${PRE.replace("<pre", "<pre data-deferred")}</div>`;
  expect(signed(alone).html).toMatch(/<p>Text<\/p><deferred-runner [^>]+><pre/);
});

const CODES = {
  "what templates interpret": 'puts "#{6 * 7} ${x} {{ y }} {% z %} {# #} <%= %>"\n',
  "markup, a mail address and a version": 'x = "<b>a&amp;b</b> ops@shop.example left-pad@1.3.0"\n',
  "tabs and empty lines": "def f\n\tif x\n\n\t\ty\n\n\n\tend\nend\n",
  "200 columns": `x = "${"ä".repeat(196)}"\n`,
  "numbers that count up": "1\n2\n3\n",
  "a number before more": "1 + 2\n",
};

describe.each(Object.entries(CODES))("%s", (_name, code) => {
  const text = escapeText(code);
  const lines = text.trimEnd().split("\n");
  test.each([
    ["plain", `<pre data-deferred><code class="language-ruby">${text}</code></pre>`],
    [
      "plain with CRLF",
      `<pre data-deferred><code class="language-ruby">${text.replaceAll("\n", "\r\n")}</code></pre>`,
    ],
    [
      "a span a line",
      `<pre data-deferred class="language-ruby"><code>${lines.map((line) => `<span class="line"><span>${line}</span></span>`).join("\n")}</code></pre>`,
    ],
    [
      "a span a line that ends in br",
      `<div class="language-ruby codeBlockContainer" data-deferred><div class="codeBlockContent"><pre><code class="codeBlockLines">${lines.map((line) => `<span class="token-line" style="color:#f00"><span class="token plain">${line}</span><br></span>`).join("")}</code></pre><button>Copy</button></div></div>`,
    ],
    [
      "numbers that are hidden from selection",
      `<div class="highlight" data-deferred><pre><code data-lang="ruby">${lines.map((line, index) => `<span style="display:flex;"><span style="user-select:none">${index + 1}</span><span>${line}\n</span></span>`).join("")}</code></pre></div>`,
    ],
    [
      "a table beside numbers",
      `<figure class="highlight" data-deferred><pre><code class="language-ruby"><table class="rouge-table"><tbody><tr><td class="gutter"><pre class="lineno">${lines.map((_, index) => `${index + 1}\n`).join("")}</pre></td><td class="code"><pre><span class="k">${text}</span></pre></td></tr></tbody></table></code></pre></figure>`,
    ],
  ])("survives as %s", (_form, html) => {
    const { blocks, problems } = signed(`<body>${html}</body>`);
    expect(problems).toEqual([]);
    expect(blocks.map((block) => block.code)).toEqual([code]);
  });
});

// Pages of real generators whose blocks were signed before they were built.
test.each(["hugo", "docusaurus", "astro", "vitepress", "next"])(
  "the code that %s shows is read as it was signed",
  (name) => {
    const page = join(import.meta.dirname, `../fixtures/generators/${name}.html`);
    const runners = findElements(parse(readFileSync(page, "utf8")), "deferred-runner");
    expect(runners).toHaveLength(3);
    for (const runner of runners) {
      const { claims } = inspectBlock(attribute(runner, "block")!);
      const code = canonicalCode(chooseCode(pageElement(holderOf(runner))));
      expect(codeDigest(code)).toBe(claims.code);
    }
  },
);

describe("what can't be signed is a problem with its line", () => {
  test.each([
    ['<pre data-deferred="cach=1h">x</pre>', "unknown option 'cach=1h'", "did you mean cache?"],
    [
      '<pre data-deferred="cache=soon">x</pre>',
      /option 'cache <TIME>' .*'soon'/,
      /words of a mark/,
    ],
    [
      "<pre data-deferred>x</pre>",
      /its language is not on the page: add runtime=python/,
      undefined,
    ],
    ['<pre data-deferred class="language-cobol">x</pre>', /no runtime runs "cobol"/, undefined],
    ['<pre data-deferred="runtime=pyton">x</pre>', /no runtime "pyton"; write python/, undefined],
    [`<div data-deferred>${PRE}${PRE}</div>`, /around 2 pieces of code/, /data-deferred/],
    [
      '<pre data-deferred class="language-sh">echo "<b>"</pre>',
      /<b> in the code has no end: write &lt;b>/,
      undefined,
    ],
    [
      '<template><pre data-deferred class="language-sh">x</pre></template>',
      /in a <template> is not signed/,
      undefined,
    ],
    [
      '<template><pre class="language-sh run">x</pre></template>',
      /in a <template> is not signed/,
      undefined,
    ],
    [
      "<template><!-- deferred: edit --><pre>x</pre></template>",
      /in a <template> is not signed/,
      undefined,
    ],
    ['<pre data-deferred class="language-sh">x', /<pre> has no end in the page/, undefined],
    [
      '<p><deferred-runner><pre class="language-sh">x</pre></deferred-runner>',
      /The element is empty: in Markdown, leave an empty line above/,
      undefined,
    ],
    ["<!-- deferred: run -->\n<p>text</p>", "no code follows this mark", /comment right above/],
    [
      '<pre data-deferred="title=\'x" class="language-sh">x</pre>',
      /quote .* has no end/,
      undefined,
    ],
    ['<pre data-deferred class="language-sh"> \n</pre>', /has no code/, undefined],
    ['<pre data-deferred class="language-sh">a\u202eb</pre>', /bidirectional control/, /remove/],
    [
      '<pre data-deferred="edit network" class="language-sh">x</pre>',
      /edit and limit network/,
      undefined,
    ],
    [
      '<pre data-deferred="after=previous" class="language-sh">x</pre>',
      /no block stands before/,
      undefined,
    ],
    ['<pre data-deferred="file=../x" class="language-sh">x</pre>', /file \.\.\/x/, undefined],
    [
      '<pre data-deferred="setup=none.sh" class="language-sh">x</pre>',
      /none\.sh: there is no such file/,
      /--root/,
    ],
  ])("%s", (html, message, hint) => {
    const page = `<p>\n\n${html}\n`;
    const { problems, html: kept } = signed(page);
    expect(kept).toBe(page);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      file: "post.html",
      line: 3,
      message: expect.stringMatching(message),
    });
    if (hint) expect(problems[0]!.hint).toMatch(hint);
  });
});

test("markup in code that an author may have meant as text is told", () => {
  const { blocks, problems } = signed('<pre data-deferred class="language-sh">echo <b>x</b></pre>');
  expect(problems).toEqual([]);
  expect(blocks[0]!.notes).toEqual([
    "<b> in the code is markup, no text: write &lt;b> if it is code",
  ]);
});

test("a block builds on others of its page, by place and by name, with what they build on", () => {
  const pre = (mark: string, code: string) =>
    `<pre data-deferred="${mark}" class="language-python">${code}</pre>`;
  const { claims, html, problems } = signed(
    [
      pre("name=one", "a = 1"),
      pre("after=previous", "b = 2"),
      pre("after=previous", "c = 3"),
      pre("after=one", "d = 4"),
    ].join("\n"),
  );
  expect(problems).toEqual([]);
  const [a, b] = [codeDigest("a = 1\n"), codeDigest("b = 2\n")];
  expect(claims.map(({ after }) => after)).toEqual([undefined, [a], [a, b], [a]]);
  expect(findBlocks(html, undefined)[2]!.sent.before).toEqual(["a = 1", "b = 2"]);
});

test("code that changed in a signed page gets a new token, and files that left go from the tag", () => {
  const site = siteFolder().open();
  const first = site.signHtml(PRE.replace("<pre", "<pre data-deferred"), "a.html").html;
  const withSetup = first.replace("<deferred-runner", '<deferred-runner setup="eA" files="a:eA"');
  const { html, problems } = site.signHtml(withSetup.replace("print(1)", "print(2)"), "a.html");
  expect(problems).toEqual([]);
  expect(findBlocks(html, undefined)).toMatchObject([{ code: "print(2)\n", sent: {} }]);
  expect(html).not.toContain(findBlocks(first, undefined)[0]!.block);
  expect(html).not.toMatch(/setup=|files=/);
});

test("an element that its author signed with a token of their own stays", () => {
  const page = `<deferred-runner block="a.b.c">${PRE}</deferred-runner>`;
  expect(signed(page).html).toBe(page);
});

test("an element whose code stands in a gist or at an address is left as it is", () => {
  const html =
    `<body><deferred-runner gist="octocat/1" file="x.py"><a href="x">x.py</a></deferred-runner>` +
    `<deferred-runner src="x.py"></deferred-runner>${SCRIPT}</body>`;
  const { html: kept, problems, blocks } = signed(html);
  expect({ kept, problems, blocks }).toEqual({ kept: html, problems: [], blocks: [] });
  expect(findBlocks(html, undefined)).toEqual([]);
});
