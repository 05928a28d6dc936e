/// <reference types="vite/client" />
import Prism from "prismjs";
import { createHighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { page } from "vitest/browser";
import tomorrow from "prismjs/themes/prism-tomorrow.css?raw";
import lineNumbers from "prismjs/plugins/line-numbers/prism-line-numbers.css?raw";
import toolbar from "prismjs/plugins/toolbar/prism-toolbar.css?raw";
import chroma from "../fixtures/highlighters/chroma.html?raw";
import chromaInline from "../fixtures/highlighters/chroma-inline.html?raw";
import chromaTable from "../fixtures/highlighters/chroma-table.html?raw";
import expressiveCode from "../fixtures/highlighters/expressive-code.html?raw";
import highlightJs from "../fixtures/highlighters/highlight-js.html?raw";
import words from "../fixtures/highlighters/words.js?raw";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import "../../widget/loader.ts";
import { mount, scripted } from "./stage.ts";

beforeAll(async () => {
  // Prism's plugins find it there.
  Object.assign(globalThis, { Prism });
  Prism.manual = true;
  await import("prismjs/plugins/line-numbers/prism-line-numbers.js");
});

const shiki = createHighlighterCore({
  themes: [import("shiki/themes/github-dark.mjs"), import("shiki/themes/github-light.mjs")],
  langs: [import("shiki/langs/javascript.mjs")],
  engine: createJavaScriptRegexEngine(),
});

const code = words.trimEnd();
const prism = `<pre class="language-javascript"><code class="language-javascript">${Prism.util.encode(code) as string}</code></pre>`;
const bare = `<pre><code>${Prism.util.encode(code) as string}</code></pre>`;
/** As every theme of Hugo has it. */
const scroller = "pre{overflow-x:auto}";
const boxes =
  "<style>pre{background:#2d2d2d;color:#ccc;padding:1em;margin:.5em 0;overflow:auto}</style>";

interface Case {
  html: string | (() => Promise<string>);
  /** Prism works on the page's elements. */
  prism?: boolean;
  css?: string;
}

const cases: Record<string, Case> = {
  Prism: { html: prism, prism: true, css: tomorrow },
  "Prism with line numbers": {
    html: prism.replace('class="', 'class="line-numbers '),
    prism: true,
    css: tomorrow + lineNumbers,
  },
  "Shiki, one theme": {
    html: async () => (await shiki).codeToHtml(code, { lang: "javascript", theme: "github-dark" }),
  },
  "Shiki, two themes": {
    html: async () => {
      const themes = { light: "github-light", dark: "github-dark" };
      return (await shiki).codeToHtml(code, { lang: "javascript", themes });
    },
  },
  "highlight.js": { html: highlightJs },
  Chroma: { html: chroma, css: scroller },
  "Chroma, inline line numbers": { html: chromaInline, css: scroller },
  "Chroma, line numbers in a table": { html: chromaTable },
  "Expressive Code": { html: expressiveCode },
  "a pre with a margin in a div": { html: `${boxes}<div class="highlight">${bare}</div>` },
  "a pre in a figure": { html: `${boxes}<figure>${bare}</figure>` },
};

async function show({ html, prism, css = "" }: Case): Promise<DeferredRunnerElement> {
  const [, styles = "", inner = ""] =
    /^(?:<style>([^]*?)<\/style>)?([^]*)$/.exec(typeof html === "string" ? html : await html()) ??
    [];
  const style = document.createElement("style");
  style.textContent = css + styles;
  document.head.append(style);
  onTestFinished(() => style.remove());
  const element = await mount(scripted().url, inner.trim());
  if (prism) Prism.highlightElement(element.querySelector("code")!);
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return element;
}

function partOf(element: DeferredRunnerElement, name: string): DOMRect {
  return element.shadowRoot!.querySelector(`[part=${name}]`)!.getBoundingClientRect();
}

/** The union of all boxes of the author's that have a background. */
function paintedBox(element: Element): DOMRect {
  const painted = [...element.querySelectorAll("*")].filter((one) => {
    const { backgroundColor, backgroundImage } = getComputedStyle(one);
    return backgroundColor !== "rgba(0, 0, 0, 0)" || backgroundImage !== "none";
  });
  const rects = painted.map((one) => one.getBoundingClientRect());
  const [left, top] = [
    Math.min(...rects.map((rect) => rect.left)),
    Math.min(...rects.map((rect) => rect.top)),
  ];
  const right = Math.max(...rects.map((rect) => rect.right));
  return new DOMRect(left, top, right - left, Math.max(...rects.map((r) => r.bottom)) - top);
}

/** What the reader would find under a rectangle: the author's texts and controls. */
function under(element: Element, rect: DOMRect): string[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const found: string[] = [];
  const meets = (box: DOMRect) =>
    box.width > 0 &&
    box.left < rect.right &&
    box.right > rect.left &&
    box.top < rect.bottom &&
    box.bottom > rect.top;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(node);
    if ([...range.getClientRects()].some(meets)) found.push(node.textContent ?? "");
  }
  const controls = [...element.querySelectorAll("button")];
  return [
    ...found,
    ...controls.filter((one) => meets(one.getBoundingClientRect())).map((one) => one.outerHTML),
  ];
}

describe.each([1000, 390])("at a width of %i px", (width) => {
  test.each(Object.entries(cases))(
    "%s fills the frame, and Run covers none of it",
    async (_, one) => {
      await page.viewport(width, 800);
      const element = await show(one);
      const frame = partOf(element, "frame");
      const button = partOf(element, "button");
      const painted = paintedBox(element);
      const below = width < 480;
      expect([painted.left, painted.top]).toEqual([frame.left, frame.top]);
      // A table may be wider than the frame: then its box can be scrolled.
      const box = element.shadowRoot!.querySelector(".code")!;
      const scrolls = box.scrollWidth > box.clientWidth;
      expect(Math.min(painted.right, scrolls ? frame.right : Infinity)).toBe(frame.right);
      expect(painted.bottom).toBe(below ? button.top : frame.bottom);
      if (!below) {
        expect(button.height).toBe(32);
        expect([frame.right - button.right, button.top - frame.top]).toEqual([8, 8]);
      }
      if (width < 480) {
        expect(button.height).toBeGreaterThanOrEqual(44);
        expect(button.width).toBe(frame.width);
      }
      expect(under(element, button)).toEqual([]);
    },
  );
});

test("Run stands below the code of a page that has a copy button in its corner", async () => {
  await page.viewport(1000, 800);
  await import("prismjs/plugins/toolbar/prism-toolbar.js");
  await import("prismjs/plugins/copy-to-clipboard/prism-copy-to-clipboard.js");
  const element = await show({ html: prism, prism: true, css: tomorrow + toolbar });
  const copy = element.querySelector("button")!;
  expect(copy.textContent).toBe("Copy");
  expect(partOf(element, "button").top).toBeGreaterThanOrEqual(paintedBox(element).bottom);
  expect(under(element, partOf(element, "button"))).toEqual([]);
});

test("Run stands below the code whose first line reaches into the corner", async () => {
  await page.viewport(1000, 800);
  const long = await show({ html: `<pre><code>${"x".repeat(300)}\ny</code></pre>` });
  expect(partOf(long, "button").top).toBeGreaterThan(paintedText(long).bottom);
  const later = await show({ html: `<pre><code>y\ny\ny\ny\n${"x".repeat(300)}</code></pre>` });
  expect(partOf(later, "button").top - partOf(later, "frame").top).toBe(8);
  const titled = await show({ html: "<p>A title</p><pre><code>y\ny\ny</code></pre>" });
  expect(partOf(titled, "button").top - partOf(titled, "frame").top).toBe(8);
});

function paintedText(element: Element): DOMRect {
  return element.querySelector("code")!.getBoundingClientRect();
}

test.each(Object.entries(cases))("the element changes nothing of %s", async (_, one) => {
  await page.viewport(1000, 800);
  const element = await show(one);
  const inside = looksOf(element);
  const outside = document.createElement("div");
  outside.append(...element.childNodes);
  document.body.append(outside);
  onTestFinished(() => outside.remove());
  expect(inside).toEqual(looksOf(outside));
});

/** Fonts and colours of all elements in it; boxes directly in it have no margin, and a default padding. */
function looksOf(root: Element): string[] {
  return [...root.querySelectorAll("*")].map((one) => {
    const style = getComputedStyle(one);
    return [one.localName, style.font, style.color, style.backgroundColor, style.display].join(" ");
  });
}
