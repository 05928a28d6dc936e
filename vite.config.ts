import { defineConfig, type Plugin } from "vite";

/** The widget as pages load it: one module, nothing beside it. */
export default defineConfig({
  publicDir: false,
  plugins: [smallTemplates()],
  build: {
    target: "es2022",
    outDir: "dist/widget",
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: "widget/define.ts",
      // `import "deferred-runner"` also gives the class.
      preserveEntrySignatures: "exports-only",
      output: { format: "es", entryFileNames: "deferred-runner.js" },
    },
  },
});

/** The minifier leaves templates as they are; indentation in markup and styles is for us alone. */
function smallTemplates(): Plugin {
  return {
    name: "small-templates",
    transform: {
      filter: { id: /\/widget\/[^/]+\.ts$/ },
      handler: (code) => ({
        code: code
          .replace(/(?<=css`)[^`]*(?=`)/g, smallStyles)
          .replace(/\n\s+/g, "\n")
          .replace(/\n>/g, ">"),
        map: null,
      }),
    },
  };
}

function smallStyles(css: string): string {
  return css
    .replace(/\/\*[^]*?\*\//g, "")
    .replace(/\s*([{};,>])\s*/g, "$1")
    .replace(/: /g, ":")
    .replace(/ (?=!important)|\b0(?=\.\d)/g, "")
    .replace(/;}/g, "}")
    .trim();
}
