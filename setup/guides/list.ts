/** A guide's file, and the sentence that lists show. */
export interface ListedGuide {
  file: string;
  sentence: string;
  /** In lists; its own title is longer. */
  name?: string;
}

export interface GuideGroup {
  name: string;
  guides: ListedGuide[];
  /** Whether only its own guides list it. */
  folded?: boolean;
}

/** All guides, in the order of lists. Guides of `docs/` that are not named here follow under "More". */
export const GUIDE_GROUPS: GuideGroup[] = [
  {
    name: "Begin",
    guides: [
      { file: "README.md", name: "Start", sentence: "From a checkout to a block that runs." },
      {
        file: "docs/embed.md",
        name: "Embed",
        sentence: "Blocks on pages, inputs, caching, styling, events.",
      },
      {
        file: "docs/sites.md",
        name: "Sites",
        sentence: "Sign all blocks of a built site, recorded output, checks in CI.",
      },
      {
        file: "docs/embeds.md",
        sentence: "A page, script, frame or link for each block, without HTML of yours.",
      },
      {
        file: "docs/projects.md",
        sentence: "Pushes, commands, services, secrets, schedules, requests.",
      },
    ],
  },
  {
    name: "Site generators",
    guides: [
      {
        file: "docs/generators/README.md",
        name: "All generators",
        sentence: "One word at a fence, and the built page has a block.",
      },
      { file: "docs/generators/astro.md", name: "Astro", sentence: "Also Starlight." },
      { file: "docs/generators/docusaurus.md", name: "Docusaurus", sentence: "And other MDX." },
      { file: "docs/generators/eleventy.md", sentence: "A plug-in for its Markdown." },
      {
        file: "docs/generators/hugo.md",
        sentence: "A hook for fences, and the built site signed.",
      },
      { file: "docs/generators/jekyll.md", sentence: "A plug-in, and the built site signed." },
      { file: "docs/generators/markdown-it.md", sentence: "Any program that renders with it." },
      { file: "docs/generators/vitepress.md", sentence: "A plug-in for its Markdown." },
      { file: "docs/generators/wordpress.md", sentence: "A plug-in with a shortcode." },
    ],
  },
  {
    name: "Run a server",
    guides: [
      {
        file: "docs/self-host.md",
        name: "Self-host",
        sentence: "Settings, data folder, proxies.",
      },
      {
        file: "docs/operate.md",
        name: "Operate",
        sentence: "Logs, metrics, faults, retention, backup and restore.",
      },
      {
        file: "docs/people.md",
        sentence: "Accounts: passwords, passkeys, GitHub, who may sign up.",
      },
      {
        file: "docs/tokens.md",
        sentence: "Give a colleague or a CI service one project, for a time.",
      },
      {
        file: "docs/security.md",
        sentence: "Who trusts whom, what a program can and can’t do.",
      },
    ],
  },
  {
    name: "Machines",
    guides: [
      {
        file: "docs/aws.md",
        sentence: "From an empty account to the first run, costs, policies.",
      },
      {
        file: "docs/machines.md",
        sentence: "How a blank image becomes a responder, and how to bake one.",
      },
      {
        file: "docs/fleet-policies.md",
        name: "Fleet",
        sentence: "When machines start and stop, and the figures behind the defaults.",
      },
    ],
  },
  {
    name: "Reference",
    guides: [
      {
        file: "docs/cli.md",
        name: "Command line",
        sentence: "Commands, formats, exit status.",
      },
      {
        file: "docs/api.md",
        sentence: "How to use the calls, with curl. Each call has its place below it.",
      },
      {
        file: "docs/bench.md",
        sentence: "What is measured, how, and how to measure other runners beside it.",
      },
      {
        file: "docs/architecture.md",
        sentence: "How it works inside, for people who change the code.",
      },
      { file: "docs/decisions/README.md", sentence: "Why it works this way: one record a choice." },
    ],
  },
];
