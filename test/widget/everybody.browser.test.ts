import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { cdp } from "vitest/browser";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import { ended, mount, press, scripted, seenIn, tokenWith } from "./stage.ts";

async function emulate(media: string, features: { name: string; value: string }[] = []) {
  const session = cdp() as { send: (method: string, parameters: object) => Promise<unknown> };
  await session.send("Emulation.setEmulatedMedia", { media, features });
}

afterEach(() => emulate(""));

async function playedRun(
  output: [stream: "stdout" | "stderr", text: string][],
  end: NonNullable<Parameters<typeof ended>[0]>,
  block = tokenWith({}),
): Promise<DeferredRunnerElement> {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url, undefined, { block });
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  for (const [stream, text] of output) await server.emit({ type: "output", stream, text });
  await server.emit(ended(end));
  await vi.waitFor(() => expect(element.state).toBe(end.state ?? "succeeded"));
  return element;
}

async function endedRun(
  lines: number,
  end: Parameters<typeof ended>[0] = { state: "failed", exit_code: 1 },
): Promise<DeferredRunnerElement> {
  const element = await playedRun(
    [
      ["stdout", "line\n".repeat(lines)],
      ["stderr", "Error: wrong.\n"],
    ],
    end,
  );
  await vi.waitFor(() => expect(seenIn(element, "output")).toContain("wrong"));
  return element;
}

const find = (element: DeferredRunnerElement, selector: string) =>
  element.shadowRoot!.querySelector<HTMLElement>(selector)!;

test("paper has all of a result, no buttons and no scrollers, and the addresses of links", async () => {
  document.body.style.color = "#ddd";
  onTestFinished(() => void document.body.style.removeProperty("color"));
  const element = await endedRun(100);
  const output = find(element, "[part=output]");
  expect(output.scrollHeight).toBeGreaterThan(output.clientHeight);
  await emulate("print");
  expect(output.scrollHeight).toBe(output.clientHeight);
  const buttons = [...element.shadowRoot!.querySelectorAll("button")];
  expect(buttons.filter((button) => button.checkVisibility())).toEqual([]);
  const link = find(element, ".foot a[href]");
  const { content } = getComputedStyle(link, "::after");
  expect(content).toContain(link.getAttribute("href"));
  expect(getComputedStyle(output).color).toBe("rgb(0, 0, 0)");
});

test("paper ends a long output at a line, and says how many more there are", async () => {
  const text = Array.from({ length: 2_000 }, (_, n) => `line ${n}\n`).join("");
  const ends = await playedRun([["stdout", text]], {});
  const [output, shownLines] = [
    find(ends, "[part=output]"),
    () => find(ends, "[part=output]").innerText.split("\n").filter(Boolean),
  ];
  await vi.waitFor(() => expect(ends.shadowRoot!.querySelector(".on-paper")).not.toBeNull());
  const note = find(ends, ".on-paper");
  expect([note.checkVisibility(), shownLines().length]).toEqual([false, 2_000]);
  await emulate("print");
  expect([note.checkVisibility(), shownLines().length]).toEqual([true, 300]);
  expect(shownLines().at(-1)).toBe("line 299");
  expect(note.textContent).toContain("1,700 more lines are not printed");
  expect(output.scrollHeight).toBe(output.clientHeight);
});

test("paper counts a long line as the rows it takes, and says what it leaves out of a table", async () => {
  const wide = `${"x".repeat(799)}\n`;
  const ends = await playedRun(
    [
      ["stdout", wide.repeat(25)],
      ["stderr", wide.repeat(25)],
    ],
    {},
  );
  await vi.waitFor(() => expect(find(ends, ".on-paper").textContent).toContain("20 more lines"));
  const rows = Array.from({ length: 500 }, (_, n) => `${n},x\n`).join("");
  const table = await playedRun([["stdout", `n,x\n${rows}`]], {}, tokenWith({ show: "table" }));
  await vi.waitFor(() =>
    expect(find(table, ".table-box .on-paper").textContent).toMatch(/^\d+ more rows/),
  );
  await emulate("print");
  const printed = find(table, "tbody").children.length;
  expect(find(table, ".table-box .on-paper").innerText).toContain(`${500 - printed} more rows`);
});

test("on a page from right to left, code and output run left to right, and words keep their order", async () => {
  document.documentElement.dir = "rtl";
  document.documentElement.lang = "ar";
  onTestFinished(() => {
    document.documentElement.removeAttribute("dir");
    document.documentElement.removeAttribute("lang");
  });
  const element = await endedRun(1);
  const code = element.querySelector("code")!;
  for (const text of [code, find(element, "[part=output]")]) {
    expect(getComputedStyle(text).direction).toBe("ltr");
  }
  // The mark stands before its sentence, which is at the right.
  const [mark, sentence] = [find(element, ".mark"), find(element, "[part=status] bdi")];
  expect(mark.getBoundingClientRect().left).toBeGreaterThan(sentence.getBoundingClientRect().right);
  expect(getComputedStyle(sentence).direction).toBe("ltr");
  // Run's word is English, which its icon stands before.
  const [icon, word] = [find(element, ".run svg"), find(element, ".run bdi")];
  expect(icon.getBoundingClientRect().right).toBeLessThan(word.getBoundingClientRect().left);
  expect(find(element, "[part=frame]").lang).toBe("en");
});

test("on a page from right to left, a success keeps the order of its time and runtime", async () => {
  document.documentElement.dir = "rtl";
  onTestFinished(() => document.documentElement.removeAttribute("dir"));
  const element = await endedRun(0, {});
  const facts = find(element, "[part=foot] .end slot[name=message-succeeded] > *");
  expect(facts.textContent).toMatch(/^0\.4\d*\ss/);
  expect(getComputedStyle(facts).direction).toBe("ltr");
});

test("without styles, code, button, status and output stand in this order", async () => {
  const element = await endedRun(1);
  element.shadowRoot!.adoptedStyleSheets = [];
  const parts = ["slot:not([name])", "[part=button]", "[part=status]", "[part=output]"];
  const tops = parts.map((selector) => {
    const found = find(element, selector);
    const shown = found instanceof HTMLSlotElement ? found.assignedElements()[0]! : found;
    return shown.getBoundingClientRect().top;
  });
  expect(tops).toEqual([...tops].sort((a, b) => a - b));
  expect(element.innerText).toMatch(/puts 6 \* 7/);
});

test("with more contrast, lines and notes have the colour of the text", async () => {
  const element = await endedRun(1);
  await emulate("screen", [{ name: "prefers-contrast", value: "more" }]);
  const { color } = getComputedStyle(element);
  expect(getComputedStyle(find(element, "[part=frame]")).outlineColor).toBe(color);
});

test("blocks are told apart by label, title, the heading before them or their first line", async () => {
  const { url } = scripted();
  const heading = document.createElement("h2");
  heading.innerHTML = 'Sorting <em>a list</em> <a href="#sorting">#</a>';
  document.body.append(heading);
  onTestFinished(() => heading.remove());
  const code = "<pre><code>\n  puts 1\n  puts 2</code></pre>";
  const elements = [
    await mount(url, code),
    await mount(url, code),
    await mount(url, code),
    await mount(url, code, { label: "A label" }),
    await mount(url, code, { "aria-label": "An ARIA label" }),
    await mount(url, code, { block: tokenWith({ title: "A title" }) }),
    await mount(url, `<pre><code>${"x".repeat(200)}</code></pre>`),
  ];
  const names = elements.map((element) => find(element, "[part=button]").ariaLabel);
  expect(names).toEqual([
    "Run: Sorting a list",
    "Run: puts 1",
    "Run: puts 1 (2)",
    "Run: A label",
    "Run: An ARIA label",
    "Run: A title",
    `Run: ${"x".repeat(59)}…`,
  ]);
  expect(elements.map((element) => find(element, "[role=group]").ariaLabel)).toEqual(
    names.map((name) => name!.replace("Run: ", "")),
  );
});

test("a button's name holds its visible text, also in another language", async () => {
  const { url } = scripted();
  const block = tokenWith({ edit: true });
  const element = await mount(url, undefined, { block, lang: "fr", label: "Trier une liste" });
  await vi.waitFor(() => expect(seenIn(element, "button")).toBe("Exécuter"));
  const named = [...element.shadowRoot!.querySelectorAll("button")].map((button) => [
    button.textContent.trim(),
    button.ariaLabel,
  ]);
  expect(named).toEqual([
    ["Exécuter", "Exécuter\u00a0: Trier une liste"],
    ["Modifier", "Modifier\u00a0: Trier une liste"],
  ]);
});
