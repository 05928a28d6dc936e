import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { build } from "vite";
import { inRoot } from "./root.mjs";
import { thirdPartyLicenses } from "./licenses.ts";

const SDK = /^@aws-sdk\//;

/**
 * Bundles the AWS SDK into the compiled files that import it. As dependencies its clients are two thirds of an
 * installation, and most of them is operations that nothing here calls.
 */
export async function bundleSdk(): Promise<void> {
  const files = globSync("dist/server/**/*.js", { cwd: inRoot() }).filter((file) =>
    readFileSync(inRoot(file), "utf8").includes('from "@aws-sdk/'),
  );
  const isOurs = (file: string) => !file.includes("/node_modules/");
  await build({
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    ssr: { noExternal: true },
    build: {
      ssr: true,
      target: "node24",
      outDir: inRoot("dist"),
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(
          files.map((file) => [file.replace(/^dist\/|\.js$/g, ""), inRoot(file)]),
        ),
        external: (id, importer) =>
          isBuiltin(id) ||
          (importer !== undefined && isOurs(importer) && isOurs(id) && !SDK.test(id)),
        // Each file keeps its place, so its own relative imports stay as they are.
        makeAbsoluteExternalsRelative: false,
        preserveEntrySignatures: "strict",
        output: { entryFileNames: "[name].js", chunkFileNames: "vendor/aws-[hash].js" },
      },
    },
    plugins: [thirdPartyLicenses("vendor/THIRD-PARTY-LICENSES")],
  });
}
