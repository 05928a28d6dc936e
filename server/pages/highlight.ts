import { escapeHtml } from "./escape.ts";

/** `code` as HTML with the same text: comments, strings, numbers and keywords in spans, no more. */
export function highlight(code: string, language: string): string {
  const { comment, keywords } = LANGUAGES[language] ?? { comment: undefined, keywords: undefined };
  if (!comment || !keywords) return escapeHtml(code);
  const template = language === "javascript" ? "`[^`]*`" : "(?!)";
  const token = new RegExp(
    `(?<comment>${comment}[^\\n]*)|(?<string>"(?:\\\\.|[^"\\\\\\n])*"|'(?:\\\\.|[^'\\\\\\n])*'|${template})` +
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

const LANGUAGES: Record<string, { comment: string; keywords: string }> = {
  bash: { comment: "(?<=^|\\s)#", keywords: "for|in|do|done|if|then|else|fi|while|echo" },
  javascript: {
    comment: "//",
    keywords: "const|let|if|else|for|of|in|return|function|new|await|async|import|from|while",
  },
  python: {
    comment: "#",
    keywords:
      "import|from|def|for|in|while|if|elif|else|return|with|as|True|False|None|not|and|or|print",
  },
  ruby: {
    comment: "(?<=^|\\s)#",
    keywords: "def|end|do|if|else|unless|while|puts|require|class|module",
  },
};
