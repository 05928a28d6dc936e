import { expect, onTestFinished, test, vi } from "vitest";
import { userEvent } from "vitest/browser";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import { ended, mount, press, scripted, seenIn, tokenWith } from "./stage.ts";

const block = tokenWith({ edit: true });
const THEME = `<style>
  .theme { margin: 0; padding: 20px 28px; background: rgb(39, 40, 34); color: rgb(248, 248, 242);
    font: 15px/24px "DejaVu Sans Mono", monospace; tab-size: 4 }
  .theme code { font: inherit } .theme b { color: rgb(249, 38, 114); font-weight: 400 } .theme i { color: rgb(230, 219, 116); font-style: italic }
</style>`;
const THEMED = `${THEME}<pre class="theme"><code><b>def</b> f(x):
    <b>return</b> <i>"a"</i> * x
<b>print</b>(f(3))</code></pre>`;

const find = (element: DeferredRunnerElement, selector: string) =>
  element.shadowRoot!.querySelector<HTMLElement>(selector)!;
const field = (element: DeferredRunnerElement) => element.shadowRoot!.querySelector("textarea")!;
const button = (element: DeferredRunnerElement, name: string) =>
  [...element.shadowRoot!.querySelectorAll("button")].find(
    ({ textContent }) => textContent.trim() === name,
  );

/** Opens the editor and waits for its focus. */
async function pressEdit(element: DeferredRunnerElement): Promise<void> {
  button(element, "Edit")!.click();
  await vi.waitFor(() => expect(element.shadowRoot!.activeElement?.localName).toBe("textarea"));
}

async function openEditor(inner = THEMED, server = scripted()) {
  const element = await mount(server.url, inner, { block });
  await pressEdit(element);
  return { element, server };
}

/** Colour of the text, as the reader sees it in the editor. */
function coloursIn(element: DeferredRunnerElement): Record<string, string> {
  const tokens = [...element.shadowRoot!.querySelectorAll<HTMLElement>(".colours span")];
  return Object.fromEntries(
    tokens.map((token) => [token.textContent, getComputedStyle(token).color]),
  );
}

test("the editor has the author's font, colours and place, and keeps the colours of tokens", async () => {
  const server = scripted();
  const element = await mount(server.url, THEMED, { block });
  const pre = element.querySelector("pre")!;
  const { font, lineHeight, color, backgroundColor } = getComputedStyle(pre);
  const range = document.createRange();
  range.selectNodeContents(element.querySelector("code")!);
  const [before] = range.getClientRects();
  await pressEdit(element);
  const editor = getComputedStyle(find(element, ".editor"));
  const text = getComputedStyle(field(element));
  expect([text.fontFamily, text.fontSize, text.lineHeight]).toEqual([
    getComputedStyle(pre).fontFamily,
    "15px",
    lineHeight,
  ]);
  expect(font).toContain("15px");
  expect([editor.color, editor.backgroundColor]).toEqual([color, backgroundColor]);
  expect(text.color).toBe("rgba(0, 0, 0, 0)");
  expect(text.caretColor).toBe(color);
  const first = find(element, ".colours span").getBoundingClientRect();
  expect(Math.abs(first.left - before!.left)).toBeLessThan(0.6);
  expect(Math.abs(first.top - before!.top)).toBeLessThan(0.6);
  expect(coloursIn(element)).toMatchObject({
    def: "rgb(249, 38, 114)",
    '"a"': "rgb(230, 219, 116)",
  });

  field(element).setSelectionRange(0, 0);
  await userEvent.keyboard("# new{Enter}");
  expect(field(element).value).toBe('# new\ndef f(x):\n    return "a" * x\nprint(f(3))');
  expect(find(element, ".colours").textContent).toBe(`${field(element).value}\n`);
  expect(coloursIn(element)).toMatchObject({
    def: "rgb(249, 38, 114)",
    return: "rgb(249, 38, 114)",
    print: "rgb(249, 38, 114)",
  });
});

test("Tab and Shift+Tab indent, Enter keeps the indentation, and all of it can be undone", async () => {
  const { element } = await openEditor("<pre><code>if x:\n    a()\nb()</code></pre>");
  const area = field(element);
  const [start, end] = [area.value.indexOf("a()"), area.value.length];
  area.setSelectionRange(start, end);
  await userEvent.keyboard("{Tab}");
  expect(area.value).toBe("if x:\n        a()\n    b()");
  expect(area.value.slice(area.selectionStart, area.selectionEnd)).toBe("a()\n    b()");
  await userEvent.keyboard("{Shift>}{Tab}{/Shift}");
  expect(area.value).toBe("if x:\n    a()\nb()");
  area.setSelectionRange(area.value.indexOf("\nb"), area.value.indexOf("\nb"));
  await userEvent.keyboard("{Enter}c()");
  expect(area.value).toBe("if x:\n    a()\n    c()\nb()");
  expect(element.shadowRoot!.activeElement).toBe(area);
  for (let undone = 0; undone < 8 && area.value !== "if x:\n    a()\nb()"; undone++) {
    document.execCommand("undo");
  }
  expect(area.value).toBe("if x:\n    a()\nb()");
  await userEvent.keyboard("{Control>}z{/Control}{Control>}z{/Control}");
  expect(element.querySelector("code")!.textContent).toBe("if x:\n    a()\nb()");
});

test("Escape leaves the editor for Edit, from where Tab moves on; readers are told so", async () => {
  const { element } = await openEditor();
  const described = field(element).getAttribute("aria-describedby")!;
  expect(element.shadowRoot!.getElementById(described)!.textContent).toContain(
    "Escape leaves the editor",
  );
  await userEvent.keyboard("x{Escape}");
  expect(element.shadowRoot!.activeElement).toBe(button(element, "Edit"));
  expect(field(element).value).toMatch(/^x|x$/);
  await userEvent.tab();
  expect(element.shadowRoot!.activeElement).not.toBe(field(element));
  // Nothing changed: the author's own element is back.
  button(element, "Restore")!.click();
  await element.updateComplete;
  expect(field(element)).toBeNull();
  await pressEdit(element);
  await userEvent.keyboard("{Escape}");
  expect(field(element)).toBeNull();
  expect(element.querySelector("pre")!.getClientRects()).toHaveLength(1);
});

test("Ctrl+Enter runs once, and code and result say that they are not the author's", async () => {
  const server = scripted();
  await server.accept();
  const { element } = await openEditor("<pre><code>puts 1</code></pre>", server);
  field(element).select();
  await userEvent.keyboard("puts 2{Control>}{Enter>3/}{/Control}");
  await expect.poll(() => element.runId).toBe("run1");
  const posts = (await server.seen()).filter(({ method }) => method === "POST");
  expect(posts.map(({ body }) => (JSON.parse(body) as { code: string }).code)).toEqual(["puts 2"]);
  expect(seenIn(element, "bar")).toContain("Changed by you");
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "2\n" });
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  const note = () => find(element, ".result .changed")?.textContent;
  await vi.waitFor(() => expect(note()).toBe("Result of the code as you changed it."));
  button(element, "Restore")!.click();
  await element.updateComplete;
  expect(note()).toBe("Result of an earlier change of yours, not of the code above.");
  press(element);
  await vi.waitFor(async () =>
    expect((await server.seen()).filter(({ method }) => method === "POST")).toHaveLength(2),
  );
});

test("the author's result says so once the code above it is changed", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url, "<pre><code>puts 1</code></pre>", { block });
  press(element);
  await expect.poll(() => element.runId).toBe("run1");
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "1\n" });
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  expect(find(element, ".result .changed")).toBeNull();
  await pressEdit(element);
  await userEvent.keyboard("#");
  expect(find(element, ".result .changed").textContent).toBe(
    "Result of the author’s code, without your changes.",
  );
});

test("Restore can be undone", async () => {
  const { element } = await openEditor("<pre><code>puts 1</code></pre>");
  field(element).select();
  await userEvent.keyboard("mine");
  button(element, "Restore")!.click();
  await element.updateComplete;
  expect(seenIn(element, "bar")).not.toContain("Changed by you");
  expect(element.querySelector("pre")!.getClientRects()).toHaveLength(1);
  button(element, "Undo restore")!.click();
  await element.updateComplete;
  expect(field(element).value).toBe("mine");
  expect(seenIn(element, "bar")).toContain("Changed by you");
  expect(button(element, "Undo restore")).toBeUndefined();
});

test("the whole text of a large program can be edited without colours", async () => {
  const line = "<b>print</b>(1)  # a line\n";
  const { element } = await openEditor(`<pre><code>${line.repeat(6_000)}</code></pre>`);
  expect(find(element, ".colours span")).toBeNull();
  expect(getComputedStyle(field(element)).color).not.toBe("rgba(0, 0, 0, 0)");
  await userEvent.keyboard("x");
  expect(field(element).value.length).toBe(6_000 * 19);
});

test("under a strict Content Security Policy the editor has the colours, and nothing is refused", async () => {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "style-src 'none'; require-trusted-types-for 'script'; trusted-types lit-html";
  const element = await mount(scripted().url, "<pre><code><b>def</b> f</code></pre>", { block });
  element.querySelector("b")!.style.color = "rgb(249, 38, 114)";
  // No policy can be taken back, so this test is the file's last.
  document.head.append(policy);
  const refused: string[] = [];
  const heard = (event: SecurityPolicyViolationEvent) => refused.push(event.violatedDirective);
  document.addEventListener("securitypolicyviolation", heard);
  onTestFinished(() => document.removeEventListener("securitypolicyviolation", heard));
  await pressEdit(element);
  await userEvent.keyboard("x{Tab}");
  expect(coloursIn(element)).toEqual({ def: "rgb(249, 38, 114)" });
  expect(refused).toEqual([]);
});
