import { defineConfig } from "vite";
import { thirdPartyLicenses } from "./setup/licenses.ts";

/**
 * The element as pages load it from a server: a loader and the parts that it loads when they are needed, each a
 * module that is loaded by `import()`; and the same in one file, for pages that pin it.
 */
export default defineConfig({
  publicDir: false,
  plugins: [thirdPartyLicenses("THIRD-PARTY-LICENSES")],
  build: {
    target: "es2022",
    outDir: "dist/widget",
    // As a library: Vite's preloading of stylesheets would add 0.8 kB.
    lib: { entry: "widget/loader.ts" },
    rolldownOptions: {
      output: [
        {
          minify: true,
          entryFileNames: "deferred-runner.js",
          // Under the one path of a server that holds files by their digest.
          chunkFileNames: "v/[name]-[hash].js",
          // One request for the element with all that it imports, Lit included.
          codeSplitting: { groups: [{ name: "element", test: /widget\/define\.ts$/ }] },
        },
        { minify: true, entryFileNames: "pinned.js", codeSplitting: false },
      ],
    },
  },
});
