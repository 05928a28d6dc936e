import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

/** Writes the licences of all packages that are in the bundle, even in part. */
export function thirdPartyLicenses(fileName: string): Plugin {
  return {
    name: "third-party-licenses",
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((file) =>
        file.type === "chunk" ? file.moduleIds : [],
      );
      const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;
      const folders = new Set(modules.flatMap((id) => folder.exec(id) ?? []));
      // Most packages of one author have the same text.
      const packages = Map.groupBy([...folders].sort(), licenseText);
      const source = [...packages]
        .map(([text, holders]) => `${holders.map(packageLine).join("\n")}\n\n${text}\n`)
        .join(`\n${"-".repeat(80)}\n\n`);
      if (source !== "") this.emitFile({ type: "asset", fileName, source });
    },
  };
}

function licenseText(folder: string): string {
  const [file] = globSync("{LICEN[CS]E,licen[cs]e}*", { cwd: folder });
  return file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim();
}

function packageLine(folder: string): string {
  const text = readFileSync(join(folder, "package.json"), "utf8");
  const { name, version, license } = JSON.parse(text) as Record<string, string>;
  return `${name} ${version} (${license})`;
}
