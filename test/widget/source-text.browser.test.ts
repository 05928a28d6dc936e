/// <reference types="vite/client" />
import { describe, expect, test } from "vitest";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import { describePageCode, readSource } from "../../widget/run/source-text.ts";
// As text: one vector holds a lone surrogate, which a bundler's JSON loader refuses.
import vectors from "../vectors/canonical-code.json?raw";
import pageCode from "../vectors/page-code.json?raw";
import { mount, press, scripted, seenIn, tokenWith } from "./stage.ts";

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
    const text = readSource(page.querySelector("deferred-runner")!);
    expect(text).toBe(source);
    if (canonical !== undefined) expect(canonicalCode(text)).toBe(canonical);
  });
});

async function digestOf(code: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code));
  return `c1-sha256-${new Uint8Array(digest).toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

describe("the code of a page, as sites show it", () => {
  test.each(
    JSON.parse(pageCode) as { name: string; code: string; html: string; differs?: string }[],
  )("$name", async ({ code, html, differs }) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const host = page.querySelector("deferred-runner")!;
    const text = readSource(host, tokenWith({ code: await digestOf(code) }));
    if (differs === undefined) expect(canonicalCode(text)).toBe(code);
    else expect(describePageCode(host)).toBe(differs);
  });
});

async function sent(server: ReturnType<typeof scripted>): Promise<string> {
  const post = () => server.seen().then((calls) => calls.find(({ method }) => method === "POST"));
  await expect.poll(post).toBeDefined();
  return (JSON.parse((await post())!.body) as { code: string }).code;
}

test("a page that is translated after the element came still sends the author's code", async () => {
  const server = scripted();
  await server.accept();
  const block = tokenWith({ code: await digestOf('puts "good morning" # greet\n') });
  const inner = '<pre><code><i>puts</i> "good morning" # greet</code></pre>';
  const element = await mount(server.url, inner, { block });
  element.querySelector("code")!.innerHTML =
    '<font dir="auto"><font dir="auto">puts "guten Morgen" # grüßen</font></font>';
  press(element);
  expect(await sent(server)).toBe('puts "good morning" # greet');
});

test("an element that is filled after it was begun, then translated, sends what it was filled with", async () => {
  const server = scripted();
  await server.accept();
  const block = tokenWith({ code: await digestOf("puts 1\n") });
  const element = await mount(server.url, "", { block });
  element.innerHTML = "<pre><code>puts 1</code></pre>";
  await new Promise(requestAnimationFrame);
  element.querySelector("code")!.textContent = "setzt 1";
  press(element);
  expect(await sent(server)).toBe("puts 1");
});

test("what the page shows is told where the server finds that it is other code", async () => {
  const server = scripted();
  await server.answer({ status: 403, body: { code: "code_mismatch", title: "It was not run." } });
  const block = tokenWith({ code: await digestOf("puts 1\n") });
  const element = await mount(server.url, "<pre><code>puts 2\nCopy</code></pre>", { block });
  press(element);
  await expect.poll(() => element.state).toBe("refused");
  await element.updateComplete;
  expect(seenIn(element, "status")).toBe(
    "It was not run. The text on the page has 11 characters in 2 lines; it ends in “Copy”, as if a button were part of it.",
  );
});

test("reading a block takes time in proportion to its elements, of which there may be many or deep ones", async () => {
  const block = tokenWith({ code: await digestOf("puts 1\n") });
  const timeOf = (size: number) => {
    const host = document.createElement("div");
    host.innerHTML = `<pre><code>${"<b><i>x</i></b>\n<u></u>".repeat(size)}</code></pre>`;
    let deep: Element = host.querySelector("code")!;
    for (let depth = 0; depth < size; depth++) deep = deep.appendChild(document.createElement("b"));
    // The least of several: a busy machine may interrupt some.
    const times = [1, 2, 3].map(() => {
      const began = performance.now();
      expect(readSource(host, block)).toBe("x\n".repeat(size));
      return performance.now() - began;
    });
    return Math.min(...times);
  };
  // In proportion it is 10 times as long, by the square 100 times.
  expect(timeOf(25_000) / Math.max(timeOf(2_500), 1)).toBeLessThan(50);
});

test("the one code element counts, else the pre, else the element's own text", () => {
  const host = document.createElement("div");
  host.innerHTML = "<p>say</p><pre>a <code>b</code></pre>";
  expect(readSource(host)).toBe("b");
  host.innerHTML = "<pre><code>b</code>\n<code>c</code></pre><p>after</p>";
  expect(readSource(host)).toBe("b\nc");
  host.textContent = "d";
  expect(readSource(host)).toBe("d");
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
