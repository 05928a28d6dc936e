import { defineConfig } from "vite";
import { thirdPartyLicenses } from "./setup/licenses.ts";
import { minifyCss } from "./setup/minify-css.ts";

const LOADER = "widget/loader.ts";
/**
 * Other parts import from element and run part, which so have more exports than their modules. As entries they need
 * no namespace object for that, and no file for the bundler's helper.
 */
const SIGN_PAGE = "server/pages/projects/sign/script/main.ts";
const ENTRIES: Record<string, string> = {
  "deferred-runner": LOADER,
  element: "widget/define.ts",
  run: "widget/run/run.ts",
};

const IN_ONE_FILE: Record<string, Record<string, string>> = {
  pinned: { pinned: LOADER },
  sign: { "sign-page": SIGN_PAGE },
};

/**
 * The element as pages load it from a server. By default: a loader, and the parts that it loads when they are needed,
 * each a module that is loaded by `import()`. With the mode `pinned`: the same in one file. With the
 * mode `sign`: the script of the server's page that signs blocks.
 */
export default defineConfig(({ mode }) => ({
  publicDir: false,
  plugins: [
    minifyCss(),
    // All modes write to one folder, and the page's script holds other packages than the element.
    thirdPartyLicenses(`${mode === "sign" ? "sign-page-" : ""}THIRD-PARTY-LICENSES`),
  ],
  build: {
    target: "es2022",
    outDir: "dist/widget",
    // As a library: Vite's preloading of stylesheets would add 0.8 kB.
    lib: { entry: IN_ONE_FILE[mode] ?? ENTRIES, formats: ["es"] },
    emptyOutDir: !(mode in IN_ONE_FILE),
    rolldownOptions: {
      optimization: { inlineConst: { mode: "all", pass: 3 } },
      preserveEntrySignatures: "allow-extension",
      output: {
        minify: true,
        comments: { annotation: false },
        // Under the one path of a server that holds files by their digest.
        entryFileNames: ({ name }) =>
          /^(element|run)$/.test(name) ? "v/[name]-[hash].js" : "[name].js",
        chunkFileNames: "v/[name]-[hash].js",
        // One request for the element with all that it imports, Lit included, and for what only lazy parts share.
        codeSplitting:
          mode in IN_ONE_FILE
            ? false
            : { groups: [{ name: "element", test: /widget\/(define|element\/add-styles)\.ts$/ }] },
      },
    },
  },
}));
