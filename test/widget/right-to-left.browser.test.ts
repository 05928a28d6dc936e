import { expect, onTestFinished, test, vi } from "vitest";
import { page } from "vitest/browser";
import { mount, press, scripted } from "./stage.ts";

const code = '<code>if x &lt; 1: print("one")</code>';

test.each([
  ["a pre", `<pre>${code}</pre>`],
  ["a highlighter's boxes", `<div class="highlight"><div><pre>${code}</pre></div></div>`],
])("on a page from right to left, the code in %s reads from left to right", async (_name, box) => {
  document.documentElement.dir = "rtl";
  onTestFinished(() => document.documentElement.removeAttribute("dir"));
  const element = await mount(scripted().url, box);
  const { direction, textAlign } = getComputedStyle(element.querySelector("pre")!);
  expect({ direction, textAlign }).toEqual({ direction: "ltr", textAlign: "left" });
  expect(getComputedStyle(element).direction).toBe("rtl");
});

test("on a page from right to left, Run stands at the end of a short line of code", async () => {
  await page.viewport(1000, 800);
  document.documentElement.dir = "rtl";
  onTestFinished(() => document.documentElement.removeAttribute("dir"));
  const element = await mount(scripted().url, `<pre>${code}</pre>`);
  const box = element.querySelector("pre")!.getBoundingClientRect();
  const run = () => element.shadowRoot!.querySelector("[part=button]")!.getBoundingClientRect();
  await vi.waitFor(() => expect(run().bottom).toBeLessThan(box.bottom - 2));
  expect(run().top).toBeGreaterThan(box.top + 2);
  expect(run().left).toBeGreaterThan(box.left + box.width / 2);
});

test("on a page from right to left, the elapsed time has its unit after the number", async () => {
  document.documentElement.dir = "rtl";
  onTestFinished(() => document.documentElement.removeAttribute("dir"));
  const server = scripted();
  await server.accept();
  const element = await mount(server.url);
  press(element);
  const elapsed = () => element.shadowRoot!.querySelector(".elapsed");
  await vi.waitFor(() => expect(elapsed()?.textContent).toMatch(/\d\ss/));
  expect(getComputedStyle(elapsed()!).direction).toBe("ltr");
});
