import { escapeHtml } from "../../protocol/escape-html.ts";
import { RUNTIME_FACTS, RUNTIMES } from "../../protocol/runtimes.ts";

/** `code` as HTML with the same text: comments, strings, numbers and keywords in spans, no more. */
export function highlight(code: string, language: string): string {
  const known = LANGUAGES.get(language);
  if (!known) return escapeHtml(code);
  const { comment, keywords, strings = "(?!)" } = known;
  const token = new RegExp(
    `(?<comment>${comment}[^\\n]*)|(?<string>"(?:\\\\.|[^"\\\\\\n])*"|'(?:\\\\.|[^'\\\\\\n])*'|${strings})` +
      `|(?<number>(?<![\\w.])\\d[\\d_.]*)|(?<keyword>(?<![\\w.])(?:${keywords})(?!\\w))`,
    "g",
  );
  let html = "";
  let end = 0;
  for (const match of code.matchAll(token)) {
    const [kind] = Object.entries(match.groups!).find(([, text]) => text !== undefined)!;
    html += escapeHtml(code.slice(end, match.index));
    html += `<span class="t-${kind}">${escapeHtml(match[0])}</span>`;
    end = match.index + match[0].length;
  }
  return html + escapeHtml(code.slice(end));
}

const LANGUAGES = new Map(
  RUNTIMES.map((name) => [RUNTIME_FACTS[name].highlight.name, RUNTIME_FACTS[name].highlight]),
);
