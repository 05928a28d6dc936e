/// <reference types="vite/client" />
import axe from "axe-core";
import Prism from "prismjs";
import { createHighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import { describe, expect, onTestFinished, test } from "vitest";
import { userEvent } from "vitest/browser";
import tomorrow from "prismjs/themes/prism-tomorrow.css?raw";
import okaidia from "prismjs/themes/prism-okaidia.css?raw";
import solarized from "prismjs/themes/prism-solarizedlight.css?raw";
import plainPrism from "prismjs/themes/prism.css?raw";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import { contrast, paintedColours, type Colour } from "./pixels.ts";
import { mount, scripted } from "./stage.ts";

type Painted = [[Colour, number], ...[Colour, number][]];

const code = "for (const n of [1, 2]) {\n  console.log(`n is ${n}`); // twice\n}\n";

const pages = {
  light: { color: "#222222", background: "#ffffff" },
  dark: { color: "#dddddd", background: "#111111" },
  sepia: { color: "#433422", background: "#f4ecd8" },
};

function prism(css: string): () => string {
  return () => {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    onTestFinished(() => style.remove());
    const inner = Prism.highlight(code, Prism.languages["javascript"]!, "javascript");
    return `<pre class="language-javascript"><code class="language-javascript">${inner}</code></pre>`;
  };
}

const shiki = createHighlighterCore({
  themes: [import("shiki/themes/github-dark.mjs"), import("shiki/themes/github-light.mjs")],
  langs: [import("shiki/langs/javascript.mjs")],
  engine: createJavaScriptRegexEngine(),
});
const shikiTheme = (theme: string) => async () =>
  (await shiki).codeToHtml(code, { lang: "javascript", theme });

const themes: [name: string, highlight: () => string | Promise<string>][] = [
  ["Prism Tomorrow (dark)", prism(tomorrow)],
  ["Prism Okaidia (dark)", prism(okaidia)],
  ["Prism Solarized (light)", prism(solarized)],
  ["Prism's own (light)", prism(plainPrism)],
  ["Shiki github-dark", shikiTheme("github-dark")],
  ["Shiki github-light", shikiTheme("github-light")],
];

function buttonOf(element: DeferredRunnerElement): HTMLButtonElement {
  return element.shadowRoot!.querySelector<HTMLButtonElement>("[part=button]")!;
}

describe.each(Object.entries(pages))("on a %s page", (_page, style) => {
  test.each(themes)("%s leaves Run readable, and its focus visible", async (_theme, highlight) => {
    Object.assign(document.body.style, style);
    onTestFinished(() => document.body.removeAttribute("style"));
    const element = await mount(scripted().url, await highlight());

    const [[background], ...others] = (await paintedColours(buttonOf(element))) as Painted;
    const text = Math.max(...others.map(([colour]) => contrast(background, colour)));
    expect(text).toBeGreaterThanOrEqual(4.5);
    const { violations } = await axe.run(element, { runOnly: ["color-contrast"] });
    const own = violations.flatMap(({ nodes }) =>
      // A theme's own tokens are the author's matter.
      nodes.filter(({ target }) => Array.isArray(target[0])).map(({ html }) => html),
    );
    expect(own).toEqual([]);

    const row = element.shadowRoot!.querySelector("[part=frame]")!;
    const before = new Map(
      (await paintedColours(row)).map(([colour, count]) => [String(colour), count]),
    );
    // Shiki's own box can be scrolled, so it comes first.
    while (element.shadowRoot!.activeElement === null) await userEvent.tab();
    expect(element.shadowRoot!.activeElement).toBe(buttonOf(element));
    const [[around]] = (await paintedColours(row)) as Painted;
    const ring = (await paintedColours(row)).filter(
      ([colour, count]) => count - (before.get(String(colour)) ?? 0) > 100,
    );
    expect(ring.length).toBeGreaterThan(0);
    expect(Math.max(...ring.map(([colour]) => contrast(colour, around)))).toBeGreaterThanOrEqual(3);
  });
});
