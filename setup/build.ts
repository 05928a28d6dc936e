import { globSync, rmSync } from "node:fs";
import { buildBundle } from "./bundles.mjs";
import { inRoot, ROOT, step } from "./root.mjs";

// Everything in dist/: the element for pages (widget/) and for bundlers (module/), the responder for machines
// (machine/), and the command line with its server (node/).

const kept = ["dist/widget", "dist/machine", "dist/node"];
for (const entry of globSync("dist/*", { cwd: ROOT, exclude: kept })) {
  rmSync(inRoot(entry), { recursive: true });
}
for (const name of ["widget", "responder", "node"] as const) buildBundle(name);
const tsc = inRoot("node_modules/typescript/bin/tsc");
step("compiling the element as modules", process.execPath, [tsc, "-p", "tsconfig.element.json"]);
const types = ["-p", "tsconfig.plugins.json", "--noCheck"];
step("writing the types of the plug-ins", process.execPath, [tsc, ...types]);
// Those of the sources behind them name packages that users do not have.
for (const folder of globSync("dist/types/*", { cwd: ROOT, exclude: ["dist/types/plugins"] })) {
  rmSync(inRoot(folder), { recursive: true });
}
