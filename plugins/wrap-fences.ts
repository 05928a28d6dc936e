import type { PluginOptions } from "./options.ts";
import { escapeHtml } from "../protocol/escape-html.ts";
import { fenceSigner, type ShownFence } from "./site-of.ts";

/** A token of markdown-it. */
interface Token {
  type: string;
  info: string;
  content: string;
  map: [number, number] | null;
}

interface State {
  src: string;
  tokens: Token[];
  env: unknown;
}

type FenceRule = (
  tokens: never[],
  index: number,
  options: never,
  env: never,
  renderer: never,
) => string;

/** The part of markdown-it, in any version since 12, that the plug-in uses. */
export interface MarkdownItLike {
  core: { ruler: { after(place: string, name: string, rule: (state: State) => void): void } };
  renderer: { rules: { fence?: FenceRule | undefined } };
}

/** How a generator uses the plug-in. */
interface Use {
  /** Attributes to add to each element. */
  attributes?: Record<string, string>;
  /** Undoes replacements in the source. */
  restore?: (text: string) => string;
}

/**
 * Signs the marked fences of each page, and puts the element around what markdown-it makes of them. Throws
 * for a block that can't be signed.
 */
export function wrapFences(md: MarkdownItLike, options: PluginOptions, use: Use = {}): void {
  const { attributes = {}, restore = (text) => text } = use;
  const signed = new WeakMap<Token, ShownFence>();
  md.core.ruler.after("block", "deferred-runner", ({ src, tokens, env }) => {
    const { site, sign } = fenceSigner(options, fileOf(env), src);
    for (const token of tokens.filter(({ type }) => type === "fence")) {
      token.content = restore(token.content);
      const found = sign(token.info, token.content, (token.map?.[0] ?? 0) + 1);
      if (!found) continue;
      signed.set(token, found);
      token.info = `${found.language} ${found.meta}`.trim();
    }
    site.save();
  });

  const render: FenceRule | undefined = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, settings, env, renderer) => {
    const shown = render ? render(tokens, index, settings, env, renderer) : "";
    const found = signed.get(tokens[index]!);
    if (!found) return shown;
    const open = startTag({ ...attributes, ...found.attributes });
    return `${open}\n${shown}${found.outputHtml ?? ""}</deferred-runner>\n`;
  };
}

function startTag(attributes: Record<string, string>): string {
  const pairs = Object.entries(attributes).map(
    ([name, value]) => ` ${name}="${escapeHtml(value)}"`,
  );
  return `<deferred-runner${pairs.join("")}>`;
}

/** Eleventy names the page's file in `page`, VitePress in `path`. */
function fileOf(env: unknown): string | undefined {
  const { page, path } = (env ?? {}) as { page?: { inputPath?: unknown } | null; path?: unknown };
  const file = page?.inputPath ?? path;
  return typeof file === "string" ? file : undefined;
}
