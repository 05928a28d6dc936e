import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";
import { thirdPartyLicenses } from "./setup/licenses.ts";

/** The element as pages load it from a server: one file before a press, and its run part from the press on. */
export default defineConfig({
  publicDir: false,
  plugins: [pinRunPart(), thirdPartyLicenses("THIRD-PARTY-LICENSES")],
  build: {
    target: "es2022",
    outDir: "dist/widget",
    modulePreload: false,
    rolldownOptions: {
      input: "widget/define.ts",
      // A page may import the class from the script.
      preserveEntrySignatures: "allow-extension",
      output: {
        entryFileNames: "deferred-runner.js",
        // Under the one path of a server that holds files by their digest.
        chunkFileNames: "v/[name]-[hash].js",
      },
    },
  },
});

/** Writes the run part's name and digest into the entry, so that an `integrity` of the entry covers both. */
function pinRunPart(): Plugin {
  return {
    name: "pin-run-part",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const entry = chunks.find(({ isEntry }) => isEntry);
      const [part, ...more] = chunks.filter(({ isEntry }) => !isEntry);
      if (!entry || !part || more.length > 0) this.error("The element is one entry and one part.");
      const integrity = `sha384-${createHash("sha384").update(part.code).digest("base64")}`;
      const pin = JSON.stringify({ file: part.fileName, integrity });
      entry.code = `const RUN_PART=${pin};${entry.code}`;
    },
  };
}
