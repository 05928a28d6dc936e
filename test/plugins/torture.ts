import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "parse5";
import { expect } from "vitest";
import { findBlocks } from "../../cli/page/blocks.ts";
import { findElements } from "../../cli/page/element.ts";
import { inspectBlock } from "../../blocks/inspect.ts";
import { codeDigest } from "../../blocks/digest.ts";
import { canonicalCode } from "../../protocol/canonical-code.ts";

/** A runnable fence of the page. */
interface Fence {
  code: string;
  runtime: string;
  /** In the info string, where it is no runtime's name. */
  language?: string;
  /** What stands before each of its lines: a list's indentation, a quote's mark. */
  prefix?: string;
  fence?: string;
  /** Between the language and the word `run`. */
  words?: string;
  mark?: string;
}

/** Code that template engines, highlighters, compilers and sanitizers act on. */
export const FENCES: readonly Fence[] = [
  {
    runtime: "python",
    mark: "cache=1h",
    code: [
      'x = "{{ page.title }} {% if x %} {{{ {%- raw -%} {# c #} <%= y %> {{</* s */>}}"',
      'print(f"{{x}} {x}")',
    ].join("\n"),
  },
  {
    runtime: "ruby",
    code: [
      'mail = "ops@shop.example" # left-pad@1.3.0',
      'puts "hello #{6 * 7} <b>bold</b> &amp; &lt; ${HOME} {% endraw %} \\\\n"',
    ].join("\n"),
  },
  {
    runtime: "bash",
    fence: "~~~",
    words: "{1}",
    mark: 'edit title="Two words"',
    code: [
      "\ttab=$(printf '\\t')",
      "",
      "\techo \"${tab}--(c) ... 'quoted'\" # </code></pre> --> <script>",
      "",
      "",
      "\techo '```' --- :smile: [link](x) *star* \\",
    ].join("\n"),
  },
  {
    runtime: "node",
    language: "js",
    prefix: "  ",
    code: 'const t = `${1 + 1} ${"{{ braces }}"}`;\n\nconsole.log(t, /<[^>]+>/u, "https://a.example");',
  },
  { runtime: "python", prefix: "> ", code: 'print("quote", "é 日本 🙂")' },
  {
    runtime: "python",
    mark: "input=sides=integer,min=2,max=100,default=6",
    code: `print("${"0123456789".repeat(22)}")`,
  },
];

/** The Markdown page that each generator builds. */
export function torturePage(lineEnd = "\n"): string {
  const fences = FENCES.map(
    ({ code, runtime, language = runtime, prefix = "", fence = "```", words, mark }) => {
      const info = [language, words, "run", mark].filter((part) => part).join(" ");
      const lines = [`${fence}${info}`, ...code.split("\n"), fence];
      const shown = lines.map((line) => `${prefix}${line}`.trimEnd());
      return prefix === "  " ? ["- An item:", "", ...shown].join("\n") : shown.join("\n");
    },
  );
  const page = ["# Torture", ...fences, '```python\nprint("not to be run")\n```', "The end.", ""];
  return page.join("\n\n").replaceAll("\n", lineEnd);
}

/**
 * Compares each block of a built page with its source: the token is for the code, and the page shows it. `change` is
 * what the generator's own escapes mean.
 */
export function expectTorture(
  html: string,
  name: string,
  change: (code: string) => string = (code) => code,
): void {
  const blocks = findBlocks(html, undefined);
  expect(blocks.map(({ differs }) => differs).filter(Boolean), name).toEqual([]);
  const shown = blocks.map(({ code }) => canonicalCode(code));
  expect(shown, name).toEqual(FENCES.map(({ code }) => canonicalCode(change(code))));
  const signed = blocks.map(({ block }) => inspectBlock(block).claims);
  expect(
    signed.map(({ code }) => code),
    name,
  ).toEqual(shown.map((code) => codeDigest(code)));
  expect(
    signed.map(({ runtime }) => runtime),
    name,
  ).toEqual(FENCES.map(({ runtime }) => runtime));
  expect([signed[0]?.cache_s, signed[2]?.edit, signed[2]?.title], name).toEqual([
    3600,
    true,
    "Two words",
  ]);
  expect(Object.keys(signed[5]?.inputs ?? {}), name).toEqual(["sides"]);
}

/** Where the slow lane keeps what it built, for the suite. */
export const RECORDED = join(import.meta.dirname, "../fixtures/generators");

/** Keeps the elements of a page that a generator built, with its versions and the day. */
export function recordTorture(name: string, versions: Record<string, string>, html: string): void {
  const document = parse(html, { sourceCodeLocationInfo: true });
  const blocks = findElements(document, "deferred-runner").map(({ sourceCodeLocation }) =>
    html.slice(sourceCodeLocation!.startOffset, sourceCodeLocation!.endOffset),
  );
  const day = new Date().toISOString().slice(0, 10);
  const about = Object.entries(versions).map((one) => one.join(" "));
  writeFileSync(
    join(RECORDED, `torture-${name}.html`),
    `<!-- npm run check:slow, ${day}: ${about.join(", ")} -->\n${blocks.join("\n")}\n`,
  );
}
