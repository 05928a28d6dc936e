import type { PluginOptions } from "./options.ts";
import { hideBraces, showBraces } from "./hidden-braces.ts";
import { wrapFences } from "./wrap-fences.ts";
import { refuseProblem, siteOf } from "./site-of.ts";

/** The part of Eleventy 3 that the plug-in uses. */
interface EleventyConfigLike {
  addPreprocessor(
    name: string,
    extensions: string,
    act: (data: { page: { inputPath: string } }, text: string) => string,
  ): void;
  amendLibrary(engine: string, amend: (md: never) => void): void;
  addTransform(
    name: string,
    act: (this: { page: { outputPath: unknown; inputPath: string } }, text: string) => string,
  ): void;
}

/**
 * A plug-in for Eleventy 3.
 *
 *     eleventyConfig.addPlugin(eleventyDeferred, { aud: "https://runner.example" });
 *
 * Template engines see no braces in runnable fences: `{{ x }}` and `{% y %}` stay code.
 */
export function eleventyDeferred(config: EleventyConfigLike, options: PluginOptions = {}): void {
  const site = siteOf(options);
  config.addPreprocessor("deferred-runner", "md", ({ page }, text) =>
    hideBraces(text, page.inputPath),
  );
  config.amendLibrary("md", (md: never) => {
    wrapFences(md, options, { restore: showBraces });
  });
  config.addTransform("deferred-runner", function (text) {
    const { outputPath, inputPath } = this.page;
    if (typeof outputPath !== "string" || !outputPath.endsWith(".html")) return text;
    const { html, problems } = site.signHtml(showBraces(text), inputPath);
    refuseProblem(problems[0]);
    site.save();
    return html;
  });
}
