import type { PluginOptions } from "./options.ts";
import { wrapFences, type MarkdownItLike } from "./wrap-fences.ts";

/**
 * Signs each fence with the word `run` in its info string, and puts the element around what markdown-it makes
 * of it. Pages have to load the element's script.
 *
 *     md.use(markdownItDeferred, { aud: "https://runner.example" })
 */
export function markdownItDeferred(md: MarkdownItLike, options: PluginOptions = {}): void {
  wrapFences(md, options);
}
