import { defineConfig } from "vite";

/** The responder as machines load it: one file for Node, and nothing beside it. */
export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true },
  build: {
    ssr: "responder/main.ts",
    target: "node24",
    outDir: "dist/machine",
    minify: false,
    rolldownOptions: {
      output: { format: "es", entryFileNames: "responder.mjs", codeSplitting: false },
    },
  },
});
