import { globSync, rmSync } from "node:fs";
import { env } from "node:process";
import { buildBundle, isStale } from "./bundles.mjs";
import { inRoot, ROOT, step } from "./root.mjs";

// Everything in dist/: the element for pages (widget/) and for bundlers (module/), the responder for machines
// (machine/), the command line with its server (node/), and the guides of its pages (guides/). With BUILD_ONLY_STALE=1 a bundle whose sources are as they
// were is left as it is, for tests of the package.

const kept = ["dist/widget", "dist/machine", "dist/node", "dist/guides"];
for (const entry of globSync("dist/*", { cwd: ROOT, exclude: kept })) {
  rmSync(inRoot(entry), { recursive: true });
}
for (const name of ["widget", "responder", "node", "guides"] as const) {
  if (env["BUILD_ONLY_STALE"] !== "1" || isStale(name)) buildBundle(name);
}
// Each of tsc's threads checks much of the same anew.
const tsc = inRoot("node_modules/typescript/bin/tsc");
step("compiling the element as modules", process.execPath, [
  tsc,
  ...["-p", "tsconfig.element.json", "--singleThreaded"],
]);
const types = ["-p", "tsconfig.plugins.json", "--noCheck", "--singleThreaded"];
step("writing the types of the plug-ins", process.execPath, [tsc, ...types]);
// Those of the sources behind them name packages that users do not have.
for (const folder of globSync("dist/types/*", { cwd: ROOT, exclude: ["dist/types/plugins"] })) {
  rmSync(inRoot(folder), { recursive: true });
}
