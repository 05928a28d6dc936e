/// <reference types="vite/client" />
import { describe, expect, test } from "vitest";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import { sourceText } from "../../widget/source-text.ts";
// As text: one vector holds a lone surrogate, which a bundler's JSON loader refuses.
import vectors from "../vectors/canonical-code.json?raw";
import { mount, press, scripted, tokenWith } from "./stage.ts";

interface Vector {
  name: string;
  source: string;
  html?: string;
  canonical?: string;
}
const onPages = (JSON.parse(vectors) as Vector[]).filter(
  (vector): vector is Vector & { html: string } => vector.html !== undefined,
);

describe("the text of an element in a page", () => {
  test("there are vectors with HTML", () => {
    expect(onPages.length).toBeGreaterThan(0);
  });

  test.each(onPages)("$name", ({ html, source, canonical }) => {
    // Parsed as a page is, not as `innerHTML` is: the two differ in a line end after `<pre>`.
    const page = new DOMParser().parseFromString(
      html.includes("<deferred-runner") ? html : `<deferred-runner>${html}</deferred-runner>`,
      "text/html",
    );
    const text = sourceText(page.querySelector("deferred-runner")!);
    expect(text).toBe(source);
    if (canonical !== undefined) expect(canonicalCode(text)).toBe(canonical);
  });
});

test("the one code element counts, else the pre, else the element's own text", () => {
  const host = document.createElement("div");
  host.innerHTML = "<p>say</p><pre>a <code>b</code></pre>";
  expect(sourceText(host)).toBe("b");
  host.innerHTML = "<pre><code>b</code>\n<code>c</code></pre><p>after</p>";
  expect(sourceText(host)).toBe("b\nc");
  host.textContent = "d";
  expect(sourceText(host)).toBe("d");
});

test("what is sent is the page's text as it stands, with the inputs a reader set", async () => {
  const server = scripted();
  await server.accept();
  const block = tokenWith({
    inputs: { n: { type: "integer", default: 3 }, loud: { type: "boolean" }, w: { type: "text" } },
  });
  const code = "\n    if 1 &lt; 2:\n\n        π()  \n  ";
  const element = await mount(server.url, `<pre><code>${code}</code></pre>`, { block });
  element.shadowRoot!.querySelector<HTMLInputElement>("[name=n]")!.value = "7";
  press(element);
  await expect.poll(() => element.runId).toBe("run1");
  const post = (await server.seen()).find(({ method }) => method === "POST")!;
  expect(JSON.parse(post.body)).toEqual({
    block,
    code: "\n    if 1 < 2:\n\n        π()  \n  ",
    inputs: { n: 7, loud: false, w: "" },
  });
});

test("an edited block sends the reader's text, and Restore brings the author's back", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url, undefined, { block: tokenWith({ edit: true }) });
  const buttons = () => element.shadowRoot!.querySelectorAll("button");
  buttons()[1]!.click();
  await element.updateComplete;
  const area = element.shadowRoot!.querySelector("textarea")!;
  expect(area.value).toBe("puts 6 * 7");
  area.value = "puts 8";
  area.dispatchEvent(new InputEvent("input"));
  press(element);
  await expect.poll(() => element.runId).toBe("run1");
  const post = (await server.seen()).find(({ method }) => method === "POST")!;
  expect(JSON.parse(post.body)).toMatchObject({ code: "puts 8" });
  expect(element.querySelector("code")!.textContent).toBe("puts 6 * 7");
});
