import { expect, test, vi } from "vitest";
import { page } from "vitest/browser";
import type { DeferredRunnerElement } from "../../widget/define.ts";
import { contrast, type Colour } from "./pixels.ts";
import { ended, mount, press, scripted, tokenWith } from "./stage.ts";

const part = (element: DeferredRunnerElement, name: string) =>
  element.shadowRoot!.querySelector<HTMLElement>(`[part=${name}]`)!;

/** Resolves when the box has opened or closed; a mark may turn for ever. */
const settled = (element: DeferredRunnerElement) =>
  Promise.all(
    element
      .shadowRoot!.getAnimations()
      .filter(({ effect }) => effect?.getTiming().iterations !== Infinity)
      .map(({ finished }) => finished),
  );

/** A colour of any form as red, green and blue. */
function paint(colour: string): Colour {
  const context = new OffscreenCanvas(1, 1).getContext("2d")!;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red!, green!, blue!];
}

test.each([
  ...["#1f7a45", "#fff", "#000", "#ffd400", "#767676", "#777", "#e4572e", "#00f", "#f0f"],
  ...["oklch(0.7 0.2 150)", "hsl(200 80% 50%)", "color(display-p3 1 0.3 0.2)"],
])("Run is readable with the accent %s", async (accent) => {
  const element = await mount(scripted().url, undefined, { style: `--deferred-accent: ${accent}` });
  const { color, backgroundColor } = getComputedStyle(part(element, "button"));
  expect(contrast(paint(color), paint(backgroundColor))).toBeGreaterThanOrEqual(4.5);
});

test("a page that sets the text's colour has that colour", async () => {
  const style = "--deferred-accent: gold; --deferred-accent-text: rgb(60, 0, 0)";
  const element = await mount(scripted().url, undefined, { style });
  expect(getComputedStyle(part(element, "button")).color).toBe("rgb(60, 0, 0)");
});

test("the states are there for selectors, beside the attribute", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  const states = () =>
    ["idle", "busy", "running", "failed"].filter((state) => element.matches(`:state(${state})`));
  expect(states()).toEqual(["idle"]);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await vi.waitFor(() => expect(states()).toEqual(["busy", "running"]));
  expect(element.getAttribute("state")).toBe("running");
  await server.emit(ended({ state: "failed", exit_code: 1 }));
  await vi.waitFor(() => expect(states()).toEqual(["failed"]));
});

test("a page's own words and marks replace those of the element", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(
    server.url,
    `<pre><code>puts 6 * 7</code></pre>
     <b slot="run" hidden>Go</b><i slot="icon-run" hidden>»</i><b slot="stop" hidden>Halt</b>
     <i slot="icon-running" hidden>…</i><b slot="message-running" hidden>Working on it</b>`,
  );
  const seen = (slot: string) => {
    const found = element.querySelector<HTMLElement>(`[slot=${slot}]`)!;
    return found.assignedSlot !== null && found.offsetWidth > 0;
  };
  expect(["run", "icon-run"].map(seen)).toEqual([true, true]);
  expect(seen("message-running")).toBe(false);
  await vi.waitFor(() => expect(part(element, "button").ariaLabel).toMatch(/^Go\b/));
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await vi.waitFor(() => expect(element.state).toBe("running"));
  await element.updateComplete;
  await settled(element);
  expect(["stop", "icon-running", "message-running"].map(seen)).toEqual([true, true, true]);
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  await element.updateComplete;
  expect(seen("message-running")).toBe(false);
});

test("the author's code keeps the custom properties of its page", async () => {
  const names = ["line", "soft", "good", "bad", "busy", "mono", "accent"];
  const style = names.map((name, index) => `--${name}: ${index}`).join(";");
  document.body.setAttribute("style", style);
  const element = await mount(scripted().url);
  const computed = getComputedStyle(element.querySelector("code")!);
  expect(names.map((name) => computed.getPropertyValue(`--${name}`))).toEqual(
    names.map((_, index) => String(index)),
  );
  document.body.removeAttribute("style");
});

test("a finger that misses Run by six pixels hits it", async () => {
  await page.viewport(1000, 800);
  const element = await mount(scripted().url, "<pre><code>a\nb\nc\nd</code></pre>");
  await new Promise(requestAnimationFrame);
  const button = part(element, "button");
  const { left, right, top, bottom, height } = button.getBoundingClientRect();
  expect(height).toBe(32);
  const middle = (left + right) / 2;
  const hit = (y: number) => element.shadowRoot!.elementFromPoint(middle, y) === button;
  expect([top - 7, top - 5, bottom + 5, bottom + 7].map(hit)).toEqual([false, true, true, false]);
});

test("trouble stands above the output; success leaves no line there", async () => {
  const server = scripted();
  await server.accept();
  const element = await mount(server.url, undefined, { block: tokenWith({ runtime: "ruby" }) });
  const status = () => part(element, "status").getBoundingClientRect();
  const output = () => part(element, "output").getBoundingClientRect();
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "42\n" });
  await vi.waitFor(() => expect(part(element, "output")).not.toBeNull());
  await settled(element);
  expect(status().bottom).toBeLessThanOrEqual(output().top);
  const height = output().top - element.getBoundingClientRect().top;
  await server.emit(ended());
  await vi.waitFor(() => expect(element.state).toBe("succeeded"));
  await element.updateComplete;
  await settled(element);
  expect(getComputedStyle(part(element, "status")).visibility).toBe("hidden");
  expect(output().top - element.getBoundingClientRect().top).toBeLessThan(height);
});
test("output has the font and the size of the author's code", async () => {
  const server = scripted();
  await server.accept();
  const code = '<pre><code style="font: 13px Georgia">puts 6 * 7</code></pre>';
  const element = await mount(server.url, code);
  press(element);
  await server.emit({ type: "attempt_started", attempt: 1, max_attempts: 3 });
  await server.emit({ type: "output", stream: "stdout", text: "42\n" });
  await vi.waitFor(() => expect(part(element, "output")).not.toBeNull());
  const { fontSize, fontFamily } = getComputedStyle(part(element, "output"));
  expect([fontSize, fontFamily]).toEqual(["13px", "Georgia"]);
});
