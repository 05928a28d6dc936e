import { readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluate, type EvaluateOptions } from "@mdx-js/mdx";
import { Liquid } from "liquidjs";
import MarkdownIt from "markdown-it";
import { describe, expect, test } from "vitest";
import { findBlocks } from "../../cli/page/blocks.ts";
import { findSignedBlocks } from "../../cli/page/source.ts";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import { embedMarkdown, embedTag } from "../../blocks/embed-tag.ts";
import { escapeHtml, escapeText } from "../../protocol/escape-html.ts";
import { tokenOf } from "./tokens.ts";

const programs = {
  "interpolation of Ruby": 'puts "hello #{6 * 7}"\n',
  "braces of Python, doubled": 'who = "you"\nprint(f"{{x}} {who}")\n',
  "what a template takes for a tag": 'print("{%d}" % 3)\n# {% raw %} {{ }} {# #} <%= %>\n',
  "a mail address and a version": 'puts "ops@shop.example"\n# left-pad@1.3.0\n',
  "empty lines, markup, a fence": "a = `b`\n\n```js\nif 1 < 2 && x\n\n    <b>*c*</b>\n```\n",
};

const scriptUrl = "https://runner.example/deferred-runner.js";
const tagOf = (code: string) => ({ block: tokenOf(code), code, runtime: "ruby", scriptUrl });

function expectBlock(html: string, code: string): void {
  const blocks = findBlocks(html, undefined);
  expect(blocks).toHaveLength(1);
  expect(blocks[0]!.differs).toBeUndefined();
  expect(canonicalCode(blocks[0]!.code)).toBe(code);
  expect(blocks[0]!.serverUrl).toBe("https://runner.example");
}

describe.each(Object.entries(programs))("%s", (_name, code) => {
  test("the tag survives Liquid, as Jekyll and Eleventy have it, and Markdown", async () => {
    const post = `---\n---\nA post.\n\n${embedTag(tagOf(code))}\nMore.\n`;
    const rendered = String(await new Liquid().parseAndRender(post));
    expectBlock(rendered, code);
    expectBlock(new MarkdownIt({ html: true }).render(rendered), code);
  });

  test("nothing in the tag looks like a template's or a mail address", () => {
    const [, shown = ""] = /<code[^>]*>([^]*)<\/code>/.exec(embedTag(tagOf(code)))!;
    expect(shown).not.toMatch(/[{}@]/);
  });

  test("the Markdown form survives Markdown, in a list too", () => {
    const printed = embedMarkdown(tagOf(code));
    const markdown = new MarkdownIt({ html: true, linkify: true, typographer: true });
    expectBlock(markdown.render(`A post.\n\n${printed}\nMore.\n`), code);
    const item = printed.replace(/^(?=.)/gm, "  ");
    expectBlock(markdown.render(`- One:\n\n${item}\n- Two\n`), code);
  });

  test("the Markdown form compiles as MDX", async () => {
    const post = `A post.\n\n${embedMarkdown(tagOf(code))}\nMore.\n`;
    const runtime = { Fragment, jsx: element, jsxs: element } as unknown as EvaluateOptions;
    const { default: Content } = await evaluate(post, runtime);
    const { text } = Content({}) as unknown as Html;
    expectBlock(text, code);
  });

  test("what was printed can be verified in each format", () => {
    for (const text of [embedTag(tagOf(code)), embedMarkdown(tagOf(code))]) {
      const [found, ...others] = findSignedBlocks({ text });
      expect(others).toEqual([]);
      expect(canonicalCode(found!.code!)).toBe(code);
    }
  });
});

// What the real generators made of blocks in Ruby, Python and JavaScript: Hugo 0.111 with line numbers in a table,
// Docusaurus 3.10, Astro 7.3, VitePress 1.6 and Next.js 16.4.
test.each(["hugo", "docusaurus", "astro", "vitepress", "next"])(
  "the blocks of a page that %s built have the code that was signed",
  (name) => {
    const page = join(import.meta.dirname, `../fixtures/generators/${name}.html`);
    const blocks = findBlocks(readFileSync(page, "utf8"), undefined);
    expect(blocks.map(({ differs }) => differs)).toEqual([undefined, undefined, undefined]);
  },
);

const Fragment = Symbol("fragment");

/** A JSX runtime whose elements are HTML. */
function element(type: unknown, props: Record<string, unknown>): Html {
  if (typeof type === "function") return type(props) as Html;
  const { children = "", ...attributes } = props;
  const inner = [children]
    .flat(9)
    .map((child) => (child instanceof Html ? child.text : escapeText(String(child))))
    .join("");
  if (type === Fragment) return new Html(inner);
  const start = Object.entries(attributes)
    .map(([name, value]) => ` ${name.replace("className", "class")}="${escapeHtml(String(value))}"`)
    .join("");
  return new Html(`<${String(type)}${start}>${inner}</${String(type)}>`);
}

class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
