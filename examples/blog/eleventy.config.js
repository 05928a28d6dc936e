import { eleventyDeferred } from "deferred-runner/eleventy";
import { createHighlighter } from "shiki";

export default async function (config) {
  config.addPlugin(eleventyDeferred, {
    // The server that your readers reach. Where it is not set, the one in the lock.
    aud: process.env.DEFERRED_URL,
    // Every block may answer with a stored result for a day.
    defaults: "cache=1d",
  });

  const highlighter = await createHighlighter({
    langs: ["python", "ruby", "js", "bash"],
    themes: ["github-light", "github-dark"],
  });
  config.amendLibrary("md", (md) => {
    const themes = { light: "github-light", dark: "github-dark" };
    md.set({
      highlight: (code, lang) =>
        highlighter.getLoadedLanguages().includes(lang)
          ? highlighter.codeToHtml(code, { lang, themes, defaultColor: false })
          : "",
    });
  });

  config.addPassthroughCopy("style.css");
  config.addCollection("posts", (all) =>
    all.getFilteredByGlob("posts/*.md").toSorted((a, b) => b.date - a.date),
  );
  config.addFilter("iso", (date) => date.toISOString());
  config.addFilter("day", (date) =>
    date.toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" }),
  );
}
