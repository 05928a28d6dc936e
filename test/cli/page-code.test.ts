import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { findBlocks } from "../../cli/page/blocks.ts";
import { canonicalCode } from "../../protocol/canonical-code.ts";
import { cpuTimeOf } from "../cpu-time.ts";
import { tokenOf } from "./tokens.ts";

interface Case {
  name: string;
  code: string;
  html: string;
  differs?: string;
}
const cases = JSON.parse(
  readFileSync(new URL("../vectors/page-code.json", import.meta.url), "utf8"),
) as Case[];

describe("the code of a page, as sites show it", () => {
  test.each(cases)("$name", ({ code, html, differs }) => {
    const [block] = findBlocks(html.replace("@TOKEN@", tokenOf(code)), undefined);
    expect(block!.differs).toBe(differs);
    if (differs === undefined) expect(canonicalCode(block!.code)).toBe(code);
  });
});

test("pages that nest or repeat without end are read in little time", () => {
  const start = `<deferred-runner block="${tokenOf("x\n")}">`;
  for (const page of [
    start.repeat(2_000),
    `${start}${"<b>".repeat(20_000)}`,
    `${start}${"<pre>abc</pre>".repeat(2_000)}`,
    `${start}<pre><code>${"<i></i>".repeat(100_000)}</code></pre>`,
    `${start}<pre><code></code></pre></deferred-runner>`.repeat(200),
    `${start}<pre><code>${"<div>abcdefgh</div>".repeat(30_000)}</code></pre>`,
    `${start}<table>${"<tr><td>1</td><td>abcdefgh</td></tr>".repeat(20_000)}</table>`,
    `${start}<pre><code>${"<i>a</i> <b>b</b><br>".repeat(30_000)}</code></pre>`,
  ]) {
    expect(cpuTimeOf(() => findBlocks(page, undefined))).toBeLessThan(3_000);
  }
});
