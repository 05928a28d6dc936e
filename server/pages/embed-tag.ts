import { escapeHtml, escapeText } from "./highlight.ts";

export interface EmbedTag {
  block: string;
  code: string;
  language: string;
  scriptUrl: string;
  /** Only where the script's address never changes its content. */
  scriptIntegrity?: string | undefined;
}

/** All an author pastes into a page: the block, its code, and the script that makes it run. */
export function embedTag({ block, code, language, scriptUrl, scriptIntegrity }: EmbedTag): string {
  const integrity = scriptIntegrity ? ` integrity="${escapeHtml(scriptIntegrity)}"` : "";
  // The parser drops one line end right after <pre>, but there is none: <code> comes first.
  return [
    `<deferred-runner block="${escapeHtml(block)}">`,
    `  <pre><code class="language-${escapeHtml(language)}">${escapeText(code.trimEnd())}</code></pre>`,
    `</deferred-runner>`,
    `<script type="module" src="${escapeHtml(scriptUrl)}"${integrity}></script>`,
  ].join("\n");
}
