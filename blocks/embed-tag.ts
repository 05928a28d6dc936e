import { escapeHtml, escapeText } from "../protocol/escape-html.ts";
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
  /** The element's script. */
  scriptUrl: string;
}

/**
 * All an author pastes into a page: the block, its code, and the script that makes it run. Its text
 * is the code again: `pre` would lose a line end only right after its own tag, where `code` stands. Template
 * engines act on braces, and networks hide what looks like a mail address, so these are entities.
 */
export function embedTag({ block, code, runtime, scriptUrl }: EmbedTag): string {
  const text = escapeText(code.replace(/\n$/, "")).replace(
    /[{}@]/g,
    (character) => `&#${character.codePointAt(0)};`,
  );
  return [
    `<deferred-runner block="${escapeHtml(block)}">`,
    // In Markdown an empty line ends the HTML that an unknown element began, but not a <pre>
    // that begins after an empty line of its own.
    ...(code.includes("\n\n") ? [""] : []),
    `<pre translate="no"><code class="language-${languageOf(runtime)}">${text}</code></pre>`,
    "</deferred-runner>",
    scriptTag(scriptUrl),
    "",
  ].join("\n");
}

/** The same for Markdown and MDX, with the code as a fence: the site highlights it as any other. */
export function embedMarkdown({ block, code, runtime, scriptUrl }: EmbedTag): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return [
    `<deferred-runner block="${escapeHtml(block)}">`,
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

function scriptTag(url: string): string {
  return `<script type="module" src="${escapeHtml(url)}"></script>`;
}
