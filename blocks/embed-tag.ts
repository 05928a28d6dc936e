import type { FileBytes } from "../protocol/block-files.ts";
import { escapeHtml, escapeText } from "../protocol/escape-html.ts";
import { writeFiles, writeSetup } from "../protocol/part-attributes.ts";
import { parseRuntime, RUNTIME_FACTS } from "../protocol/runtimes.ts";
import type { RuntimeFacts } from "../protocol/runtimes/runtime.ts";

/** For the `language-…` class of a code element. */
export function languageOf(runtime: string): string {
  const { name } = parseRuntime(runtime);
  const facts: RuntimeFacts | undefined = (RUNTIME_FACTS as Record<string, RuntimeFacts>)[name];
  return facts?.highlight.name ?? name;
}

export interface EmbedTag {
  block: string;
  code: string;
  runtime: string;
  files?: FileBytes | undefined;
  /** Canonical code that the page does not show. */
  setup?: string | undefined;
  /** The element's script. */
  scriptUrl: string;
}

/**
 * The HTML that an author pastes into a page: the block, its code, and the element's script. Its text content is
 * exactly the code: `pre` drops a line end only right after its own tag, and `code` stands there. Braces and `@` become
 * entities, since template engines interpret braces and some CDNs obfuscate mail addresses.
 */
export function embedTag({ code, runtime, scriptUrl, ...parts }: EmbedTag): string {
  const text = escapeText(code.replace(/\n$/, "")).replace(
    /[{}@]/g,
    (character) => `&#${character.codePointAt(0)};`,
  );
  return [
    openTag(parts).open,
    // In Markdown an empty line ends the HTML block of an unknown element. A <pre> after an empty line begins a block
    // of its own, which may contain empty lines.
    ...(code.includes("\n\n") ? [""] : []),
    `<pre translate="no"><code class="language-${languageOf(runtime)}">${text}</code></pre>`,
    "</deferred-runner>",
    scriptTag(scriptUrl),
    "",
  ].join("\n");
}

/** The same for Markdown and MDX, with the code in a fence, which the site highlights like any other. */
export function embedMarkdown({ code, runtime, scriptUrl, ...parts }: EmbedTag): string {
  let longest = 2;
  for (const [ticks] of code.matchAll(/`+/g)) longest = Math.max(longest, ticks.length);
  const fence = "`".repeat(longest + 1);
  return [
    openTag(parts).open,
    "",
    `${fence}${languageOf(runtime)}`,
    code.replace(/\n$/, ""),
    fence,
    "",
    "</deferred-runner>",
    "",
    scriptTag(scriptUrl),
    "",
  ].join("\n");
}

/** The start tag of the element, and its attributes. */
export function openTag({ block, files, setup }: Pick<EmbedTag, "block" | "files" | "setup">): {
  open: string;
  attributes: Record<string, string>;
} {
  const attributes = {
    block,
    ...(files && { files: writeFiles(files) }),
    ...(setup !== undefined && { setup: writeSetup(setup) }),
  };
  const text = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeHtml(value)}"`);
  return { open: `<deferred-runner${text.join("")}>`, attributes };
}

/** Loads the element. */
export function scriptTag(url: string): string {
  return `<script type="module" src="${escapeHtml(url)}"></script>`;
}
