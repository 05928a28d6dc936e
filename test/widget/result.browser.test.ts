import { expect, onTestFinished, test, vi } from "vitest";
import type { RunEventBody } from "../../protocol/events.ts";
import type { Artifact } from "../../protocol/run.ts";
import { plain } from "../../protocol/terminal-look.ts";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import type { OutputPart } from "../../widget/element/view.ts";
import { drawSpans } from "../../widget/run/terminal-spans.ts";
import { at, ended, mount, press, scripted, seenIn, tokenWith } from "./stage.ts";

const CODE = "def f(n):\n    return 10 / n\nf(0)\n";

/** The `code` claim of a program. */
async function digestOf(code: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return `c1-sha256-${base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

interface Stage {
  claims?: object;
  inner?: string;
  attributes?: Record<string, string>;
}

/** An element whose run printed and left this. */
async function ran(
  events: RunEventBody[],
  { claims = {}, inner, attributes }: Stage = {},
): Promise<DeferredRunnerElement> {
  const server = scripted();
  await server.accept();
  const block = tokenWith({ runtime: "python", ...claims });
  const element = await mount(server.url, inner, { block, ...attributes });
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  for (const event of events) await server.emit(event);
  await vi.waitFor(() => expect(["succeeded", "failed"]).toContain(element.state));
  return element;
}

const printed = (text: string, stream: "stdout" | "stderr" = "stdout"): RunEventBody => ({
  type: "output",
  stream,
  text,
});
const failed = () => ended({ state: "failed", exit_code: 1 });
const fileOf = (name: string, type: string, url = `${location.origin}/${name}`): Artifact => ({
  ...{ name, type, url },
  size: 1_234,
  sha256: "0".repeat(64),
});

const all = <Found extends Element = HTMLElement>(element: Element, selector: string): Found[] => [
  ...element.shadowRoot!.querySelectorAll<Found>(selector),
];

/** What a colour is on a screen: red, green, blue from 0 to 255, over `under`. */
function painted(colour: string, under: string): [number, number, number] {
  const context = new OffscreenCanvas(1, 1).getContext("2d")!;
  for (const fillStyle of [under, colour]) {
    Object.assign(context, { fillStyle });
    context.fillRect(0, 0, 1, 1);
  }
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/** WCAG 2.2's contrast ratio. */
function contrast(one: string, other: string, page: string): number {
  const [light, dark] = [one, other]
    .map((colour) => painted(colour, page))
    .map((rgb) => {
      const [r, g, b] = rgb.map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    })
    .toSorted((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

const LOOKS = [
  ...Array.from({ length: 8 }, (_, n) => [`3${n}`, `9${n}`, `2;3${n}`, `7;3${n}`, `4${n}`]).flat(),
  ...Array.from({ length: 64 }, (_, n) => `38;5;${(n * 37) % 256};48;5;${(n * 101 + 17) % 256}`),
  ...Array.from(
    { length: 32 },
    (_, n) => `38;2;${(n * 53) % 256};${(n * 97) % 256};${(n * 29) % 256}`,
  ),
  ...["2", "7", "97;44", "30;47", "91;103", "38;5;240"],
];

test.each([
  ["#fff", "#000"],
  ["#fff", "#333"],
  ["#fdf6e3", "#586e75"],
  ["#16181d", "#e6e6e6"],
  ["#000", "#fff"],
  ["#002b36", "#93a1a1"],
])("colours of every kind can be read on a page of %s with text of %s", async (page, text) => {
  document.body.style.cssText = `background:${page};color:${text}`;
  onTestFinished(() => document.body.removeAttribute("style"));
  const element = await ran([
    printed(LOOKS.map((look) => `\x1b[${look}m${look}\x1b[0m\n`).join("")),
    ended(),
  ]);
  // On a page whose own text has little more than that, faint text has less.
  const least = Math.min(4.5, contrast(text, page, page) * 0.72);
  await vi.waitFor(() => expect(all(element, ".output span").length).toBeGreaterThan(100));
  await element.updateComplete;
  const unreadable = all(element, ".output span").flatMap((span) => {
    const { color, backgroundColor } = getComputedStyle(span);
    const ratio = contrast(color, backgroundColor, page);
    return ratio < least ? [`${span.textContent} ${ratio.toFixed(2)}`] : [];
  });
  expect(unreadable).toEqual([]);
  const red = all(element, ".output span").find((span) => span.textContent === "31")!;
  const [r, g, b] = painted(getComputedStyle(red).color, page);
  expect(r).toBeGreaterThan(Math.max(g, b) + 40);
});

test("a progress bar is one line, and what it prints is text, whatever it says", async () => {
  const steps = Array.from({ length: 21 }, (_, n) => printed(`\r\x1b[32m${n * 5} %\x1b[0m <b>`));
  const element = await ran([...steps, printed("\ndone\n"), ended()]);
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("100 % <b> done"));
  expect(all(element, ".output b")).toEqual([]);
});

test("the line that an error names is marked in the author's code, which stays as it is", async () => {
  const inner = `<pre><code>\n    def <b>f</b>(n):\n        <i>return</i> 10 / n\n    f(0)\n</code></pre>`;
  const element = await ran(
    [
      printed(
        '  File "/work/main.py", line 3\n  File "/work/main.py", line 2, in f\nx\n',
        "stderr",
      ),
      failed(),
    ],
    { claims: { code: await digestOf(CODE) }, inner },
  );
  await vi.waitFor(() => expect(all(element, ".line-link")).toHaveLength(1));
  expect(all(element, ".line-link")[0]!.textContent).toBe("line 2");
  expect(seenIn(element, "output")).toContain('File "/work/main.py", line 2, in f x');
  const marks = () => [...(CSS.highlights.get("deferred-runner-error") ?? [])].map(String);
  expect(marks()).toEqual(["return 10 / n"]);
  expect(element.innerHTML).toBe(inner);
  all(element, ".line-link")[0]!.click();
  await vi.waitFor(() => expect(String(getSelection())).toBe("return 10 / n"));
  element.remove();
  expect(marks()).toEqual([]);
});

test("with code before the block's own, the line is marked in the block that shows it", async () => {
  const before = "import os\n\ndef g():\n    return 1\n";
  const setup = "import sys\nimport json\n";
  const first = await mount("", `<pre><code>\n  ${before.replaceAll("\n", "\n  ")}</code></pre>`, {
    block: tokenWith({ code: await digestOf(before) }),
  });
  const claims = {
    code: await digestOf(CODE),
    after: [await digestOf(before)],
    setup: await digestOf(setup),
  };
  const marks = () => [...(CSS.highlights.get("deferred-runner-error") ?? [])].map(String);
  const failsAt = (line: number) =>
    ran([printed(`  File "main.py", line ${line}, in f\n`, "stderr"), failed()], {
      claims,
      inner: `<pre><code>${CODE}</code></pre>`,
      attributes: { setup: btoa(setup).replaceAll("=", "") },
    });
  // Two lines of set-up, four of the block before, the responder's own.
  const own = await failsAt(9);
  await vi.waitFor(() => expect(marks()).toEqual(["return 10 / n"]));
  own.remove();
  const other = await failsAt(6);
  await vi.waitFor(() => expect(marks()).toEqual(["return 1"]));
  await vi.waitFor(() => expect(all(other, ".line-link")).toHaveLength(1));
  all(other, ".line-link")[0]!.click();
  await vi.waitFor(() => expect(String(getSelection())).toBe("return 1"));
  expect(getSelection()!.anchorNode!.parentElement!.closest("deferred-runner")).toBe(first);
  other.remove();
  const hidden = await failsAt(2);
  await vi.waitFor(() =>
    expect(hidden.shadowRoot!.textContent).toContain("The error is in line 2 of the set-up"),
  );
  expect([...all(hidden, ".line-link"), ...marks()]).toEqual([]);
  hidden.remove();
  const nobodys = await failsAt(7);
  await vi.waitFor(() => expect(seenIn(nobodys, "output")).toContain("line 7"));
  await nobodys.updateComplete;
  expect([...all(nobodys, ".line-link"), ...marks()]).toEqual([]);
});

test("no line is marked where the page's code has other lines than the signed one", async () => {
  const element = await ran([printed('  File "main.py", line 2, in f\n', "stderr"), failed()], {
    claims: { code: await digestOf(CODE) },
    inner: "<pre><code>other\ncode\n</code></pre>",
  });
  await vi.waitFor(() => expect(seenIn(element, "output")).toContain("line 2"));
  await element.updateComplete;
  expect(all(element, ".line-link")).toEqual([]);
  expect([...(CSS.highlights.get("deferred-runner-error") ?? [])]).toEqual([]);
});

test("output that is signed as a table is one: sorted by its headers, its rows all there", async () => {
  const rows = Array.from({ length: 450 }, (_, n) => `City ${n},${(n * 7919) % 1000}`);
  const text = `city,people\n${rows.join("\n")}\n`;
  const element = await ran([printed(text), ended()], { claims: { show: "table" } });
  await vi.waitFor(() => expect(all(element, "tbody tr")).toHaveLength(200));
  expect(all(element, ".output")).toEqual([]);
  const [city, people] = all(element, "th");
  expect(people!.className).toBe("number");
  expect(city!.className).toBe("");
  const people0 = () => all(element, "tbody tr")[0]!.lastElementChild!.textContent;
  people!.querySelector("button")!.click();
  expect([people!.ariaSort, people0()]).toEqual(["ascending", "0"]);
  people!.querySelector("button")!.click();
  expect([people!.ariaSort, people0()]).toEqual(["descending", "999"]);
  const [more] = all<HTMLButtonElement>(element, ".table-box > button");
  expect(more!.textContent).toBe("Show all 450 rows");
  more!.click();
  await vi.waitFor(() => expect(all(element, "tbody tr")).toHaveLength(450));
});

test("what is no table is said to be none, and shown as it is", async () => {
  const element = await ran([printed("[1, 2"), ended()], { claims: { show: "table" } });
  await vi.waitFor(() => expect(seenIn(element, "output")).toBe("[1, 2"));
  const notes = all(element, ".silent").map(({ textContent }) => textContent);
  expect(notes).toEqual(["The author announced a table, but this can’t be shown as one."]);
});

test("without the signed claim nothing is made of what output looks like", async () => {
  const element = await ran([
    printed("a,b\n1,2\n<svg></svg>\n"),
    ended({ artifacts: [fileOf("p.html", "text/html"), fileOf("d.pdf", "application/pdf")] }),
  ]);
  await vi.waitFor(() => expect(seenIn(element, "artifacts")).toContain("p.html HTML · 1 kB"));
  expect(all(element, "table, iframe, .output svg")).toEqual([]);
});

test("a document is framed in an opaque origin, and a PDF by the server's policy alone", async () => {
  const artifacts = [
    fileOf("p.html", "text/html; charset=utf-8"),
    fileOf("d.pdf", "application/pdf"),
  ];
  for (const [show, sandbox] of [
    ["html", "allow-scripts"],
    ["pdf", null],
  ] as const) {
    const element = await ran([ended({ artifacts })], { claims: { show } });
    await vi.waitFor(() => expect(all(element, "iframe")).toHaveLength(1));
    const [frame] = all<HTMLIFrameElement>(element, "iframe");
    expect(frame!.getAttribute("sandbox")).toBe(sandbox);
    expect(frame!.src).toMatch(/\/v1\/runs\/run1\/document$/);
    expect(frame!.title).toBe(show === "html" ? "p.html" : "d.pdf");
  }
});

test("sound and films are played in place, and files of a block that shows text are links", async () => {
  const artifacts = [
    fileOf("a.mp3", "audio/mpeg"),
    fileOf("b.mp4", "video/mp4"),
    fileOf("c.png", "image/png"),
  ];
  const element = await ran([ended({ artifacts })]);
  await vi.waitFor(() => expect(all(element, "audio, video, img")).toHaveLength(3));
  expect(all(element, ".artifacts")).toEqual([]);
  const text = await ran([ended({ artifacts })], { claims: { show: "text" } });
  await vi.waitFor(() => expect(all(text, ".artifacts a")).toHaveLength(3));
  expect(all(text, "audio, video, img")).toEqual([]);
});

test("with `follow` the first file comes into view, or gets the focus, and only after a run here", async () => {
  const attributes = { follow: "" };
  const artifacts = [fileOf("notes.txt", "text/plain")];
  const element = await ran([ended({ artifacts })], { attributes });
  await vi.waitFor(() =>
    expect(element.shadowRoot!.activeElement?.textContent).toContain("notes.txt"),
  );
});

test("a frame draws some looks of an output with many, and the next ones the rest", async () => {
  const look = { ...plain, bold: true };
  const piece = (): OutputPart => ({
    ...{ stream: "stdout", text: "x".repeat(1_000), cut: 0 },
    spans: Array.from({ length: 1_000 }, () => ({ length: 1, look })),
  });
  const drawn = [piece(), piece(), piece()].map(drawSpans);
  document.body.append(...drawn);
  onTestFinished(() => drawn.forEach((one) => one.remove()));
  const looks = () => drawn.map((one) => one.querySelectorAll("span").length);
  expect(drawn.map((one) => one.textContent.length)).toEqual([1_000, 1_000, 1_000]);
  expect(looks()).toEqual([1_000, 1_000, 0]);
  await vi.waitFor(() => expect(looks()).toEqual([1_000, 1_000, 1_000]));
});

test("a run of more than a minute says its time in minutes below the output", async () => {
  const times = { queued: at, ended: at, ran_s: 75.2 };
  const element = await ran([{ type: "output", stream: "stdout", text: "42\n" }, ended({ times })]);
  await vi.waitFor(() => expect(seenIn(element, "foot")).toContain("1 min 15 s · python"));
});
