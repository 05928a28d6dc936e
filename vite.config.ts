import { defineConfig } from "vite";

/** The widget as pages load it: one module, nothing beside it. */
export default defineConfig({
  publicDir: false,
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
