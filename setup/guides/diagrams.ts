import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { escapeHtml } from "../../protocol/escape-html.ts";
import { inRoot } from "../root.mjs";

/**
 * The SVG of a guide's picture as a part of its page, in the page's colours. Its own style, for GitHub, is left out: the
 * pages' policy allows none.
 */
export function inlineDiagram(source: string, alt: string, file: string): string {
  const path = posix.normalize(posix.join(posix.dirname(file), source));
  if (!/^docs\/[\w./-]+\.svg$/.test(path)) {
    throw new Error(`${file} has a picture that a page of the server can't show: ${source}`);
  }
  if (alt === "") throw new Error(`${file} has to say in words what ${source} shows`);
  const svg = readFileSync(inRoot(path), "utf8")
    .replace(/<style>[^]*?<\/style>/, "")
    .trim();
  const unsafe = /<(?:script|style|foreignObject)\b| (?:style|on\w+)=/.exec(svg);
  if (unsafe) throw new Error(`${path} has what no page of the server may have: ${unsafe[0]}`);
  const named = svg.replace("<svg ", `<svg role="img" aria-label="${escapeHtml(alt)}" `);
  return `<span class="diagram" tabindex="0">${named.replaceAll(/\s*\n\s*/g, "")}</span>`;
}
