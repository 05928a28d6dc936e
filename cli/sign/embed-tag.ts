import { parseRuntime } from "../../protocol/runtimes.ts";

/** Names by which highlighters know a runtime's language, where the two differ. */
const LANGUAGES: Record<string, string> = { node: "javascript" };

/**
 * The whole tag to paste into a page. `code` is canonical, and the page's text content is again:
 * `pre` would lose a line end only right after its own tag, where `code` stands.
 */
export function embedTag(of: {
  block: string;
  code: string;
  runtime: string;
  serverUrl: string;
}): string {
  const { name } = parseRuntime(of.runtime);
  const language = LANGUAGES[name] ?? name;
  const code = escapeText(of.code.replace(/\n$/, ""));
  return [
    `<deferred-runner block="${escapeAttribute(of.block)}">`,
    // In Markdown an empty line ends the HTML that an unknown element began, but not a <pre>
    // that begins after an empty line of its own.
    ...(of.code.includes("\n\n") ? [""] : []),
    `<pre><code class="language-${escapeAttribute(language)}">${code}</code></pre>`,
    "</deferred-runner>",
    `<script type="module" src="${escapeAttribute(of.serverUrl)}/deferred-runner.js"></script>`,
    "",
  ].join("\n");
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', "&quot;");
}
