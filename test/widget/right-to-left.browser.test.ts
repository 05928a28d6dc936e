import { expect, onTestFinished, test } from "vitest";
import { mount, scripted } from "./stage.ts";

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
