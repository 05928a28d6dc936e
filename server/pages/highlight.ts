import { escapeHtml } from "../../protocol/escape-html.ts";
import { RUNTIME_FACTS, RUNTIMES } from "../../protocol/runtimes.ts";

const KINDS = ["comment", "string", "number", "keyword"] as const;
export type HighlightKind = (typeof KINDS)[number];

/** A piece of code; without a kind it is like the text around it. */
export interface HighlightedPiece {
  kind?: HighlightKind;
  text: string;
}

/** `code` as HTML with the same text: comments, strings, numbers and keywords in spans, no more. */
export function highlight(code: string, language: string): string {
  return highlightedPieces(code, language)
    .map(({ kind, text }) => {
      const escaped = escapeHtml(text);
      return kind ? `<span class="t-${kind}">${escaped}</span>` : escaped;
    })
    .join("");
}

/** The pieces of `code`, in order. */
export function highlightedPieces(code: string, language: string): HighlightedPiece[] {
  const known = LANGUAGES.get(language);
  if (!known) return [{ text: code }];
  const { comment, keywords, strings = "(?!)" } = known;
  const token = new RegExp(
    `(?<comment>${comment}[^\\n]*)|(?<string>"(?:\\\\.|[^"\\\\\\n])*"|'(?:\\\\.|[^'\\\\\\n])*'|${strings})` +
      `|(?<number>(?<![\\w.])\\d[\\d_.]*)|(?<keyword>(?<![\\w.])(?:${keywords})(?!\\w))`,
    "g",
  );
  const pieces: HighlightedPiece[] = [];
  let end = 0;
  for (const match of code.matchAll(token)) {
    const kind = KINDS.find((name) => match.groups?.[name] !== undefined)!;
    pieces.push({ text: code.slice(end, match.index) }, { kind, text: match[0] });
    end = match.index + match[0].length;
  }
  return [...pieces, { text: code.slice(end) }];
}

const LANGUAGES = new Map(
  RUNTIMES.map((name) => [RUNTIME_FACTS[name].highlight.name, RUNTIME_FACTS[name].highlight]),
);
