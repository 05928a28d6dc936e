import { join } from "node:path";
import { expect, test } from "vitest";
import { canonicalCode } from "../../../protocol/canonical-code.ts";
import { RUNTIMES } from "../../../protocol/runtimes.ts";
import { loadExamples, signExamples } from "../../../server/pages/examples.ts";
import { highlight } from "../../../server/pages/highlight.ts";
import { textOfHtml } from "./html-text.ts";

const folder = join(import.meta.dirname, "../../../examples");

test("the examples load in their order, each with a runtime and limits", async () => {
  const examples = await loadExamples(folder);
  expect(examples.map(({ order }) => order)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (const { runtime, limits, code } of examples) {
    expect(RUNTIMES).toContain(runtime);
    expect(limits?.wall_s).toBeGreaterThan(0);
    expect(canonicalCode(code)).toBe(code);
  }
});

test("what is signed is the program; what is shown is the same but for the tampered one", async () => {
  const examples = await loadExamples(folder);
  const signed = await signExamples(examples, async ({ runtime }, code) => `${runtime}:${code}`);
  const differing = signed.filter(
    ({ block, code, runtime }) => block !== `${runtime}:${canonicalCode(code)}`,
  );
  expect(differing.map(({ slug }) => slug)).toEqual(["tampered-ruby"]);
});

test("highlighting leaves the text as it is", async () => {
  for (const example of await loadExamples(folder)) {
    const language = example.runtime === "node" ? "javascript" : example.runtime;
    const html = highlight(example.code, language);
    expect(textOfHtml(html)).toBe(example.code);
    expect(html).toContain('<span class="t-');
  }
});

test("markup in code stays text, in any language", () => {
  const code = `puts "<b>" # <i>\n'</code>' & 1`;
  for (const language of ["ruby", "python", "bash", "javascript", "cobol"]) {
    expect(textOfHtml(highlight(code, language))).toBe(code);
    expect(highlight(code, language)).not.toMatch(/<(?!\/?span)/);
  }
});
