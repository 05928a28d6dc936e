import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { thirdPartyLicenses } from "./setup/licenses.ts";

const ROOT = import.meta.dirname;
/** What site generators import by the package's name. */
const PLUGINS = ["astro", "eleventy", "markdown-it", "rehype", "vitepress"];
/** Files that code reads beside its own. */
const STATIC = "server/**/*.{css,csv,html,js,json,path,png,py,service,sh,svg}";

/**
 * The command line and the server for Node, with all that they import: a start reads few files instead of a thousand,
 * which is a third of the processor time. Commands stay apart, so that each loads only its own part.
 */
export default defineConfig({
  publicDir: false,
  plugins: [keepPlaces(), copyStaticFiles(), thirdPartyLicenses("THIRD-PARTY-LICENSES")],
  ssr: { noExternal: true },
  build: {
    ssr: true,
    target: "node24",
    outDir: "dist/node",
    minify: false,
    rolldownOptions: {
      input: Object.fromEntries(
        ["cli/main", ...PLUGINS.map((name) => `plugins/${name}`)].map((entry) => [
          entry,
          `${entry}.ts`,
        ]),
      ),
      // Entries and chunks are one folder deep, which keepPlaces() relies on.
      output: { entryFileNames: "[name].js", chunkFileNames: "chunks/[name]-[hash].js" },
    },
  },
});

/** Gives each module the path that it has among the sources, since it looks for files beside it. */
function keepPlaces(): Plugin {
  return {
    name: "keep-places",
    transform(code, id) {
      if (id.includes("/node_modules/")) return undefined;
      const file = `/../${relative(ROOT, id).replace(/\.ts$/, ".js")}`;
      const places: Record<string, string> = {
        url: `new URL(${JSON.stringify(`.${file}`)}, import.meta.url).href`,
        filename: `(import.meta.dirname + ${JSON.stringify(file)})`,
        dirname: `(import.meta.dirname + ${JSON.stringify(dirname(file))})`,
      };
      return code.replaceAll(
        /\bimport\.meta\.(url|filename|dirname)\b/g,
        (whole, property) => places[property] ?? whole,
      );
    },
  };
}

function copyStaticFiles(): Plugin {
  return {
    name: "copy-static-files",
    generateBundle() {
      for (const fileName of globSync(STATIC, { cwd: ROOT })) {
        this.emitFile({ type: "asset", fileName, source: readFileSync(join(ROOT, fileName)) });
      }
    },
  };
}
