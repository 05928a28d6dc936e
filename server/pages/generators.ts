/** How a signed block gets into the pages of one site generator. */
export interface Generator {
  id: string;
  name: string;
  /** The file or place that the block is pasted into. */
  place: string;
  /** `tag`: what `deferred sign` prints; `markdown`: the same with the code in a fence, by `--format markdown`. */
  paste: "tag" | "markdown";
  /** The part that is set once for the site. */
  setting?: { file: string; text: (scriptUrl: string) => string; reason: string };
  /** The setting loads the script, so that the page must not. */
  scriptInSetting?: boolean;
  /** A further note for authors, in a sentence. */
  note?: string;
}

const FENCE = "The site highlights the code like any other.";

export const GENERATORS: readonly Generator[] = [
  {
    id: "html",
    name: "HTML",
    place: "any page, also a file on your disk",
    paste: "tag",
    note: "One script tag serves all blocks of a page.",
  },
  {
    id: "hugo",
    name: "Hugo",
    place: "content/posts/hello.md",
    paste: "markdown",
    setting: {
      file: "hugo.toml",
      text: () => "[markup.goldmark.renderer]\nunsafe = true\n",
      reason: "Without it, Hugo drops all HTML in Markdown.",
    },
    note: FENCE,
  },
  {
    id: "jekyll",
    name: "Jekyll",
    place: "_posts/2030-01-31-hello.md",
    paste: "tag",
    note: "The tag and not the Markdown form: Liquid acts on braces in a fence.",
  },
  {
    id: "eleventy",
    name: "Eleventy",
    place: "hello.md",
    paste: "tag",
    note: "The tag and not the Markdown form: Liquid acts on braces in a fence.",
  },
  { id: "astro", name: "Astro", place: "src/pages/hello.md", paste: "markdown", note: FENCE },
  { id: "docusaurus", name: "Docusaurus", place: "docs/hello.md", paste: "markdown", note: FENCE },
  {
    id: "next",
    name: "Next.js",
    place: "app/hello/page.mdx",
    paste: "markdown",
    note: "For sites with @next/mdx. Use the Markdown form for any MDX: it acts on braces in HTML.",
  },
  {
    id: "vitepress",
    name: "VitePress",
    place: "hello.md",
    paste: "markdown",
    scriptInSetting: true,
    setting: {
      file: ".vitepress/config.js",
      text: (scriptUrl) => `export default {
  head: [["script", { type: "module", src: "${scriptUrl}" }]],
  vue: {
    template: {
      compilerOptions: { isCustomElement: (tag) => tag === "deferred-runner" },
    },
  },
};
`,
      reason:
        "VitePress takes a script in a page for the page’s own, and the element for a component.",
    },
  },
  {
    id: "wordpress",
    name: "WordPress",
    place: "a Custom HTML block",
    paste: "tag",
    note: "The author needs the capability unfiltered_html. Otherwise WordPress drops the tag.",
  },
  { id: "ghost", name: "Ghost", place: "an HTML card", paste: "tag" },
];
