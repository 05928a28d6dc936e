import { expect, test } from "vitest";
import { embedMarkdown } from "../../blocks/embed-tag.ts";
import { MAX_CODE_BYTES } from "../../protocol/sizes.ts";

const tag = { block: "token", runtime: "python", scriptUrl: "https://runner.example/d.js" };

test("the fence is longer than every run of backticks in the code", () => {
  const code = "# ```` four\n";
  expect(embedMarkdown({ ...tag, code })).toContain("\n`````python\n# ```` four\n`````\n");
});

test("the largest code may be half backticks", () => {
  const code = "` ".repeat(MAX_CODE_BYTES / 2);
  expect(embedMarkdown({ ...tag, code })).toContain("\n```python\n` ` ");
});
