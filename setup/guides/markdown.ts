import MarkdownIt, { type Token } from "markdown-it";
import { escapeHtml } from "../../protocol/escape-html.ts";
import type { GuideSection } from "../../server/pages/docs/guides.ts";
import { highlight } from "../../server/pages/highlight.ts";
import { addressOf, headingIds } from "./addresses.ts";
import { inlineDiagram } from "./diagrams.ts";

export interface RenderedGuide {
  title: string;
  html: string;
  sections: GuideSection[];
}

/** Renders the Markdown of a guide. Its title is apart. `guides` are the files that links may lead to. */
export function renderMarkdown(
  text: string,
  file: string,
  guides: ReadonlySet<string>,
): RenderedGuide {
  const markdown = new MarkdownIt({ html: true });
  const tokens = markdown.parse(text, {});
  setLinks(tokens, file, guides);
  const { title, rest } = takeTitle(tokens, file);
  const sections = setHeadings(rest);
  setRules(markdown, file);
  return { title, html: markdown.renderer.render(rest, markdown.options, {}), sections };
}

function takeTitle(tokens: Token[], file: string): { title: string; rest: Token[] } {
  const [open, inline, , ...rest] = tokens;
  if (open?.type !== "heading_open" || open.tag !== "h1" || !inline) {
    throw new Error(`${file} has to begin with its title: # Title`);
  }
  return { title: plainText(inline), rest };
}

/** Points links to pages of the server. Links to files that it does not have become plain text. */
function setLinks(tokens: Token[], file: string, guides: ReadonlySet<string>): void {
  for (const { children } of tokens) {
    const open: (string | undefined)[] = [];
    for (const token of children ?? []) {
      if (token.type === "link_open") {
        const address = addressOf(String(token.attrGet("href")), file, guides);
        open.push(address);
        if (address) token.attrSet("href", address);
        else token.hidden = true;
      } else if (token.type === "link_close") {
        token.hidden = open.pop() === undefined;
      }
    }
  }
}

/** Gives headings their addresses. Returns the text below each heading, for the search. */
function setHeadings(tokens: Token[]): GuideSection[] {
  const idOf = headingIds();
  let texts: string[] = [];
  const open = (id: string, heading: string, level: number) => {
    texts = [];
    return { id, heading, level, texts };
  };
  const sections = [open("", "", 1)];
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") {
      const heading = plainText(tokens[index + 1]!);
      const id = idOf(heading);
      token.attrSet("id", id);
      sections.push(open(id, heading, Number(token.tag.slice(1))));
    } else if (token.type === "fence" || token.type === "code_block") {
      texts.push(token.content);
    } else if (token.type === "inline" && tokens[index - 1]?.type !== "heading_open") {
      texts.push(plainText(token));
    }
  }
  return sections.map(({ texts: parts, ...section }) => ({
    ...section,
    text: parts.join(" ").replaceAll(/\s+/g, " ").trim(),
  }));
}

function plainText({ children }: Token): string {
  return (children ?? [])
    .map(({ type, content }) => (/break|html/.test(type) ? " " : content))
    .join("");
}

/** How the parts look that pages of the server have in a form of their own. */
function setRules({ renderer }: InstanceType<typeof MarkdownIt>, file: string): void {
  const { rules } = renderer;
  let codes = 0;
  const code = (text: string, language: string) => {
    const id = `code-${++codes}`;
    const pre = `<pre tabindex="0" id="${id}"><code>${highlight(text.trimEnd(), HIGHLIGHTED.get(language) ?? language)}</code></pre>`;
    return `<div class="command">${pre}<button type="button" data-copy="${id}" aria-label="Copy the code" hidden>Copy</button></div>\n`;
  };
  rules.fence = (tokens, index) => {
    const { content, info } = tokens[index]!;
    return code(content, info.trim().split(/\s+/)[0] ?? "");
  };
  rules.code_block = (tokens, index) => code(tokens[index]!.content, "");
  rules.image = (tokens, index) => {
    const image = tokens[index]!;
    return inlineDiagram(String(image.attrGet("src")), image.content, file);
  };
  rules.heading_close = (tokens, index) => {
    const heading = tokens[index - 1]!;
    const id = tokens[index - 2]!.attrGet("id") ?? "";
    const label = escapeHtml(`Address of “${plainText(heading)}”`);
    return ` <a class="address" href="#${id}" aria-label="${label}">#</a></${tokens[index]!.tag}>\n`;
  };
  rules.table_open = () => '<div class="scrolls" tabindex="0"><table>\n';
  rules.table_close = () => "</table></div>\n";
  const filtered = (tokens: Token[], index: number) => allowedHtml(tokens[index]!.content, file);
  rules.html_block = filtered;
  rules.html_inline = filtered;
}

/** Names of fences for languages that the highlighting knows by another name. */
const HIGHLIGHTED = new Map([
  ["sh", "bash"],
  ["js", "javascript"],
]);

/** Of HTML within Markdown, comments are left out and line breaks stay. Anything else ends the build. */
function allowedHtml(text: string, file: string): string {
  const rest = text.replaceAll(/<!--[^]*?-->/g, "").trim();
  if (rest === "" || rest === "<br>") return rest;
  throw new Error(`${file} has HTML that a page of the server can't show: ${rest.slice(0, 80)}`);
}
