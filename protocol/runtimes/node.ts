import type { RuntimeFacts } from "./runtime.ts";

export const node: RuntimeFacts = {
  file: "main.js",
  extensions: [".js", ".mjs", ".cjs"],
  shebangs: ["node", "nodejs"],
  places: ["/usr/bin/node"],
  version: { args: ["--version"], pattern: /^v(\S+)/ },
  // The responder itself runs on Node.
  packages: [],
  project: { packages: ["npm"], present: "/usr/bin/npm" },
  mark: "for (const out of [1, 2]) process.getBuiltinModule('fs').writeSync(out, 'MARK');",
  highlight: {
    name: "javascript",
    comment: "//",
    keywords: "const|let|if|else|for|of|in|return|function|new|await|async|import|from|while",
    strings: "`[^`]*`",
  },
};
